package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"

	"bulkimport/apsclient"
)

// beginBlock begins each block of a PEM file.
const beginBlock = "-----BEGIN "

// certificates reads further certificates to trust, beside the system's: PEM or DER.
// A block that cannot be used is an error: it may be the one that is needed.
func certificates(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	raw, err := readOrdinary(path, mostText)
	if err != nil {
		return nil, err
	}
	if list, err := x509.ParseCertificates(raw); err == nil && len(list) > 0 {
		return poolOf(path, list)
	}
	text, err := plainUTF8(path, raw)
	if err != nil {
		return nil, err
	}
	list, unusable := blocksOf(text)
	if len(unusable) > 0 {
		return nil, wrong(path+": "+strings.Join(unusable, "; "), "export the certificates again, or delete what is none")
	}
	return poolOf(path, list)
}

func poolOf(path string, list []*x509.Certificate) (*x509.CertPool, error) {
	var all bytes.Buffer
	for _, c := range list {
		if err := pem.Encode(&all, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); err != nil {
			return nil, err
		}
	}
	pool, err := apsclient.CertPool(all.Bytes())
	if err != nil {
		return nil, wrong(path+" holds no certificate", "the file is DER, or PEM: blocks that begin with "+beginBlock+"CERTIFICATE-----")
	}
	return pool, nil
}

// blocksOf reads the certificates of a PEM file, and names the blocks that are none.
func blocksOf(text string) (list []*x509.Certificate, unusable []string) {
	parts := strings.Split(text, beginBlock)
	line := 1
	for i, part := range parts {
		if i == 0 {
			line += strings.Count(part, "\n")
			continue
		}
		where := fmt.Sprintf("block %d (line %d)", i, line)
		line += strings.Count(part, "\n")
		block, _ := pem.Decode([]byte(beginBlock + part))
		switch {
		case block == nil:
			unusable = append(unusable, where+" is damaged")
		case block.Type != "CERTIFICATE":
			unusable = append(unusable, where+" is a "+quote(block.Type)+", not a certificate")
		default:
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				unusable = append(unusable, where+" is damaged")
				continue
			}
			list = append(list, c)
		}
	}
	return list, unusable
}
