// Watches a cluster from one of its nodes, through the node's own local proxy, and says when things become true.
//
//	probe ENDPOINT FOLDER NODES ENDPOINTS
//
// FOLDER has ca.crt, client.crt and client.key. NODES is "NAME=ADDRESS,...": all nodes are well when each is Ready and
// has that InternalIP. ENDPOINTS is "ADDRESS,...": default/kubernetes is clean when it has these and no other. Standard
// output: one line a change, "SECONDS-SINCE-1970 WORD", and at the end (a line on standard input, or its end)
// "requests SENT FAILED LONGEST-SILENCE-MS" of a stream of 30 requests a second: ten with a new connection, ten reads and
// ten writes on kept ones.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

func main() {
	endpoint, folder := os.Args[1], os.Args[2]
	nodes := map[string]string{}
	for _, pair := range strings.Split(os.Args[3], ",") {
		name, address, _ := strings.Cut(pair, "=")
		nodes[name] = address
	}
	masters := strings.Split(os.Args[4], ",")
	sort.Strings(masters)
	certificate, err := tls.LoadX509KeyPair(filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key"))
	check(err)
	ca, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	check(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := func(kept bool) *http.Client {
		return &http.Client{
			Timeout: 3 * time.Second,
			Transport: &http.Transport{
				TLSClientConfig:   &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}},
				DisableKeepAlives: !kept,
				ForceAttemptHTTP2: kept,
				DialContext:       (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
			},
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var group sync.WaitGroup
	var mutex sync.Mutex
	sent, failed, silence := 0, 0, time.Duration(0)
	stream := func(kept bool, method, path, body string) {
		defer group.Done()
		c := client(kept)
		last := time.Now()
		ticker := time.NewTicker(100 * time.Millisecond)
		var requests sync.WaitGroup
		for ctx.Err() == nil {
			<-ticker.C
			requests.Add(1)
			go func() {
				defer requests.Done()
				status, _ := ask(c, method, endpoint+path, body)
				mutex.Lock()
				defer mutex.Unlock()
				sent++
				if status == 200 {
					silence = max(silence, time.Since(last))
					last = time.Now()
				} else {
					failed++
					fmt.Fprintf(os.Stderr, "%.3f %s kept=%v: %d\n", seconds(), method, kept, status)
				}
			}()
		}
		requests.Wait()
	}
	group.Add(3)
	go stream(false, "GET", "/api/v1/namespaces/default", "")
	go stream(true, "GET", "/api/v1/namespaces/default", "")
	go stream(true, "PATCH", "/api/v1/namespaces/default", `{"metadata":{"annotations":{"bench":"x"}}}`)
	go func() {
		c := client(false)
		known := map[string]bool{}
		tell := func(word string, now bool) {
			if known[word] != now {
				known[word] = now
				if now {
					fmt.Printf("%.3f %s\n", seconds(), word)
				} else {
					fmt.Printf("%.3f not-%s\n", seconds(), word)
				}
			}
		}
		for ctx.Err() == nil {
			status, answer := ask(c, "GET", endpoint+"/api/v1/nodes", "")
			tell("answers", status == 200)
			if status == 200 {
				tell("nodes-ready", ready(answer, nodes))
				status, answer = ask(c, "GET", endpoint+"/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io/service-name%3Dkubernetes", "")
				if status == 200 {
					tell("endpoints-clean", strings.Join(addresses(answer), ",") == strings.Join(masters, ","))
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
	}()
	bufio.NewReader(os.Stdin).ReadString('\n')
	stop()
	group.Wait()
	fmt.Printf("requests %d %d %d\n", sent, failed, silence.Milliseconds())
}

func ask(c *http.Client, method, url, body string) (int, []byte) {
	request, err := http.NewRequest(method, url, bytes.NewBufferString(body))
	check(err)
	if method == "PATCH" {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	response, err := c.Do(request)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, nil
	}
	return response.StatusCode, answer
}

func ready(answer []byte, wanted map[string]string) bool {
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct {
				Conditions []struct{ Type, Status string }
				Addresses  []struct{ Type, Address string }
			}
		}
	}
	if json.Unmarshal(answer, &list) != nil {
		return false
	}
	well := 0
	for _, node := range list.Items {
		fits, up := false, false
		for _, address := range node.Status.Addresses {
			fits = fits || address.Type == "InternalIP" && address.Address == wanted[node.Metadata.Name]
		}
		for _, condition := range node.Status.Conditions {
			up = up || condition.Type == "Ready" && condition.Status == "True"
		}
		if fits && up {
			well++
		}
	}
	return well == len(wanted)
}

func addresses(answer []byte) []string {
	var list struct {
		Items []struct {
			Endpoints []struct{ Addresses []string }
		}
	}
	found := []string{}
	if json.Unmarshal(answer, &list) == nil {
		for _, slice := range list.Items {
			for _, endpoint := range slice.Endpoints {
				found = append(found, endpoint.Addresses...)
			}
		}
	}
	sort.Strings(found)
	return found
}

func seconds() float64 { return float64(time.Now().UnixMilli()) / 1000 }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
