package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// authorization signs one order with OAuth 1.0a, HMAC-SHA1: the address has no
// query, so every part is short.
func authorization(h hello) string {
	nonce, now := rand.Text(), strconv.FormatInt(time.Now().Unix(), 10)
	params := "oauth_consumer_key=" + h.Key + "&oauth_nonce=" + nonce +
		"&oauth_signature_method=HMAC-SHA1&oauth_timestamp=" + now + "&oauth_version=1.0"
	mac := hmac.New(sha1.New, []byte(h.Secret+"&"))
	fmt.Fprintf(mac, "POST&%s&%s", url.QueryEscape(h.Place), url.QueryEscape(params))
	signature := url.QueryEscape(base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return fmt.Sprintf(`OAuth oauth_consumer_key="%s", oauth_nonce="%s", oauth_signature_method="HMAC-SHA1", oauth_timestamp="%s", oauth_version="1.0", oauth_signature="%s"`,
		h.Key, nonce, now, signature)
}

// bare is the limit: a bounded loop of net/http over orders that were resolved
// and written before its clock starts, each signed as it goes. It keeps no
// ledger, looks at no answer but its status, and tries nothing again.
func bare(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("bare", flag.ContinueOnError)
	h := hello{Key: os.Getenv("BULKIMPORT_CONSUMER_KEY"), Secret: os.Getenv("BULKIMPORT_CONSUMER_SECRET")}
	f.StringVar(&h.Place, "url", "", "")
	path := f.String("signed", "", "")
	concurrency := f.Int("c", 1, "")
	if err := f.Parse(args); err != nil {
		return err
	}
	data, err := os.ReadFile(*path)
	if err != nil {
		return err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: *concurrency, MaxConnsPerHost: *concurrency}
	client := &http.Client{Transport: transport}
	var bad atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(*concurrency)
	n := 0
	for text := range bytes.Lines(data) {
		_, body, _ := bytes.Cut(bytes.TrimSuffix(text, []byte("\n")), []byte("\t"))
		n++
		group.Go(func() error {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.Place, bytes.NewReader(body))
			if err != nil {
				return err
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", authorization(h))
			resp, err := client.Do(req)
			if err != nil {
				return err
			}
			defer resp.Body.Close()
			if resp.StatusCode > 299 {
				bad.Add(1)
			}
			_, err = io.Copy(io.Discard, resp.Body)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if bad.Load() > 0 {
		return fmt.Errorf("%d of %d orders refused", bad.Load(), n)
	}
	return json.NewEncoder(out).Encode(n)
}

// bareCSV is the limit of reading: encoding/csv over the file, nothing looked
// at.
func bareCSV(args []string, out io.Writer) error {
	f, err := os.Open(strings.Join(args, " "))
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<20))
	r.ReuseRecord = true
	n := -1 // the headings
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		n++
	}
	return json.NewEncoder(out).Encode(n)
}
