// Package sample has a platform's lists, and files for them, as the tests of
// several rooms write them down.
package sample
