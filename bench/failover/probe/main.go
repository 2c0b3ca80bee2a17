// Asks an apiserver through several endpoints at the same time and says how long each was silent.
//
//	probe watch FOLDER MASTERS WRITER NAME=URL...
//	probe latency FOLDER MASTER DIRECT PROXY COUNT
//	probe slow FOLDER URL SECONDS
//	probe relay ADDRESS NODES INTERVAL-MS SECONDS
//	probe write FOLDER URL PER-SECOND BYTES SECONDS
//
// FOLDER has ca.crt, client.crt and client.key; MASTERS is "NAME,..."; WRITER is the URL of a master that no fault hits.
// "watch" takes commands on standard input, one a line, and answers each with its lines and "ok":
//
//	place VICTIMS   makes all connections anew, so that of each endpoint's 4 live ones two and of its 3 watches at least
//	                one lead to VICTIMS ("NAME,..." or "none"); WRITER's endpoint stays at the writer
//	begin VICTIMS   a window begins; VICTIMS' node names ("m2,...") may turn NotReady
//	quorum on|off   whether there are new connections with a read that needs etcd's quorum, too; two a second
//	mark            the fault is now: what follows on standard error is timed from here
//	end             prints the window: "endpoint NAME" with, in ms and counts: longest silence of a live stream, longest
//	                silence of a watch, slowest new connection, failed requests in flight, broken watches, failed new
//	                connections, of the failed those told when to ask again, watches the server ended, requests still unanswered, slowest quorum read, its statuses;
//	                then "writer MS" (longest time without a write) and "notready NAMES"
//
// A master behind a proxy is known by the certificate that it serves.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	tick      = 100 * time.Millisecond
	lives     = 4
	watches   = 3
	inFlight  = 20 // of one live connection: a client that waits for answers does not ask without end
	object    = "/api/v1/namespaces/default/configmaps/failover-bench"
	quorumGap = 500 * time.Millisecond
)

var (
	roots  = x509.NewCertPool()
	own    []tls.Certificate
	marked atomic.Int64
	// whether there are new connections with a read that needs the quorum of etcd, too
	asksQuorum atomic.Bool
)

func main() {
	switch os.Args[1] {
	case "watch":
		credentials(os.Args[2])
		watchAll(strings.Split(os.Args[3], ","), os.Args[4], os.Args[5:])
	case "latency":
		credentials(os.Args[2])
		latency(os.Args[3], os.Args[4], os.Args[5], number(os.Args[6]))
	case "slow":
		credentials(os.Args[2])
		slow(os.Args[3], time.Duration(number(os.Args[4]))*time.Second)
	case "relay":
		relay(os.Args[2], number(os.Args[3]), time.Duration(number(os.Args[4]))*time.Millisecond, time.Duration(number(os.Args[5]))*time.Second)
	case "write":
		credentials(os.Args[2])
		write(os.Args[3], number(os.Args[4]), number(os.Args[5]), time.Duration(number(os.Args[6]))*time.Second)
	}
}

// A window, from "begin" to "end". Requests belong to the window in which they were sent.
type window struct {
	from   time.Time
	exempt map[string]bool
}

type endpoint struct {
	name, url string
	pinned    bool // leads to one master, whatever happens
	mutex     sync.Mutex
	window    *window
	pending   map[*attempt]bool
	silence   [2]time.Duration // live, watch
	slowest   [2]time.Duration // new, quorum
	failed    [4]int           // live, watch, new, quorum
	again     int              // of the failed: answers that say when to ask again
	ended     int
	statuses  map[string]int
	streams   []*stream
	stop      context.CancelFunc
	group     sync.WaitGroup
}

// One live connection or one watch: when it last said something.
type stream struct {
	kind int
	last time.Time
}

type attempt struct {
	kind   int
	sent   time.Time
	window *window
}

const (
	live = iota
	watched
	fresh
	quorum
)

func watchAll(masters []string, writer string, pairs []string) {
	learn(masters)
	endpoints := []*endpoint{}
	for _, pair := range pairs {
		name, url, _ := strings.Cut(pair, "=")
		endpoints = append(endpoints, &endpoint{name: name, url: url, pinned: url == writer, pending: map[*attempt]bool{}, statuses: map[string]int{}})
	}
	var asking sync.Mutex
	var current *window
	var gap time.Duration
	notReady := map[string]bool{}
	last := time.Now()
	go func() { // the writer
		c := &http.Client{Transport: transport(writer, nil), Timeout: 5 * time.Second}
		request(context.Background(), c, "POST", writer+filepath.Dir(object), `{"metadata":{"name":"failover-bench"}}`)
		for n := 0; ; n++ {
			before := time.Now()
			status, _, _ := request(context.Background(), c, "PATCH", writer+object, fmt.Sprintf(`{"data":{"n":"%d"}}`, n))
			asking.Lock()
			if status == 200 {
				gap = max(gap, time.Since(last))
				last = time.Now()
			} else {
				note("writer", "failed %d", status)
			}
			asking.Unlock()
			time.Sleep(tick - time.Since(before))
		}
	}()
	go func() { // nodes that are not Ready
		c := &http.Client{Transport: transport(writer, nil), Timeout: 5 * time.Second}
		for ; ; time.Sleep(500 * time.Millisecond) {
			status, answer, _ := request(context.Background(), c, "GET", writer+"/api/v1/nodes?resourceVersion=0", "")
			if status != 200 {
				continue
			}
			asking.Lock()
			for _, name := range unready(answer) {
				if current != nil && !current.exempt[name] {
					if !notReady[name] {
						note("nodes", "%s is not Ready", name)
					}
					notReady[name] = true
				}
			}
			asking.Unlock()
		}
	}()
	for at, each := range endpoints {
		go each.askAnew(fresh, tick, time.Duration(at)*tick/time.Duration(len(endpoints)), object+"?resourceVersion=0")
		go each.askAnew(quorum, quorumGap, time.Duration(at)*quorumGap/time.Duration(len(endpoints))+tick/3, object)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		command, rest, _ := strings.Cut(lines.Text(), " ")
		switch command {
		case "place":
			victims := []string{}
			if rest != "none" {
				victims = strings.Split(rest, ",")
			}
			var placed sync.WaitGroup
			for at, each := range endpoints {
				placed.Go(func() { each.place(masters, victims, time.Duration(at)*tick/time.Duration(len(endpoints))) })
			}
			placed.Wait()
		case "begin":
			w := &window{from: time.Now(), exempt: map[string]bool{}}
			for _, name := range strings.Split(rest, ",") {
				w.exempt[name] = true
			}
			asking.Lock()
			current, gap, last = w, 0, time.Now()
			clear(notReady)
			asking.Unlock()
			for _, each := range endpoints {
				each.begin(w)
			}
			marked.Store(time.Now().UnixMicro())
		case "quorum":
			asksQuorum.Store(rest == "on")
		case "mark":
			marked.Store(time.Now().UnixMicro())
			note("mark", "now")
		case "end":
			for _, each := range endpoints {
				each.end()
			}
			asking.Lock()
			names := []string{}
			for name := range notReady {
				names = append(names, name)
			}
			sort.Strings(names)
			fmt.Printf("writer %d\nnotready %s\n", max(gap, time.Since(last)).Milliseconds(), strings.Join(names, ","))
			current = nil
			asking.Unlock()
		}
		fmt.Println("ok")
	}
}

func (e *endpoint) begin(w *window) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.window = w
	e.silence, e.slowest, e.failed, e.ended = [2]time.Duration{}, [2]time.Duration{}, [4]int{}, 0
	e.again = 0
	clear(e.statuses)
}

func (e *endpoint) end() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	now := time.Now()
	for _, each := range e.streams {
		e.silence[each.kind] = max(e.silence[each.kind], now.Sub(each.last))
	}
	unanswered := 0
	for each := range e.pending {
		age := now.Sub(each.sent)
		if each.window == e.window && age > time.Second {
			unanswered++
			if each.kind >= fresh {
				e.slowest[each.kind-fresh] = max(e.slowest[each.kind-fresh], age)
			}
		}
	}
	words := []string{}
	for status, times := range e.statuses {
		words = append(words, fmt.Sprintf("%s*%d", status, times))
	}
	sort.Strings(words)
	fmt.Printf("endpoint %s %d %d %d %d %d %d %d %d %d %d %s\n", e.name, e.silence[live].Milliseconds(), e.silence[watched].Milliseconds(),
		e.slowest[0].Milliseconds(), e.failed[live], e.failed[watched], e.failed[fresh], e.again, e.ended, unanswered,
		e.slowest[1].Milliseconds(), strings.Join(words, "+"))
	e.window = nil
}

// sent and answered frame each request; what is answered after its window has ended counts for none.
func (e *endpoint) sent(kind int) *attempt {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	a := &attempt{kind, time.Now(), e.window}
	e.pending[a] = true
	return a
}

func (e *endpoint) answered(a *attempt, why string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	delete(e.pending, a)
	if a.window == nil || a.window != e.window {
		return
	}
	took := time.Since(a.sent)
	if a.kind >= fresh {
		if took > e.slowest[a.kind-fresh] && took > 200*time.Millisecond {
			note(e.name, "%s took %d ms", kinds[a.kind], took.Milliseconds())
		}
		e.slowest[a.kind-fresh] = max(e.slowest[a.kind-fresh], took)
	}
	if a.kind == quorum {
		word := "200"
		if why != "" {
			word = strings.Fields(why)[0]
		}
		e.statuses[word]++
	}
	if why != "" {
		e.failed[a.kind]++
		if strings.HasPrefix(why, "again") && a.kind != quorum {
			e.again++
		}
		if e.failed[a.kind] <= 20 {
			note(e.name, "%s failed after %d ms: %s", kinds[a.kind], took.Milliseconds(), why)
		}
	}
}

var kinds = []string{"live", "watch", "new", "quorum"}

func (e *endpoint) heard(s *stream) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	silent := time.Since(s.last)
	if e.window != nil {
		if silent > e.silence[s.kind] && silent > 300*time.Millisecond {
			note(e.name, "%s was silent for %d ms", kinds[s.kind], silent.Milliseconds())
		}
		e.silence[s.kind] = max(e.silence[s.kind], silent)
	}
	s.last = time.Now()
}

// A new TLS connection and one request on it, again and again.
func (e *endpoint) askAnew(kind int, gap, phase time.Duration, path string) {
	t := oneOff(e.url)
	t.TLSHandshakeTimeout = 0
	c := &http.Client{Transport: t, Timeout: time.Minute}
	time.Sleep(phase)
	for range time.Tick(gap) {
		if kind == quorum && !asksQuorum.Load() {
			continue
		}
		go func() {
			a := e.sent(kind)
			status, _, why := request(context.Background(), c, "GET", e.url+path, "")
			e.answered(a, reason(status, why))
		}()
	}
}

// Ends all connections and makes new ones to where they are wanted.
func (e *endpoint) place(masters, victims []string, phase time.Duration) {
	if e.stop != nil {
		e.stop()
		e.group.Wait()
	}
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.mutex.Lock()
	e.streams = nil
	e.mutex.Unlock()
	others := []string{}
	for _, master := range masters {
		if !within(victims, master) {
			others = append(others, master)
		}
	}
	victim := func(at int) []string { return victims[at%len(victims) : at%len(victims)+1] }
	wanted := func(kind, at int) []string {
		switch {
		case e.pinned || len(victims) == 0:
			return nil
		case kind == live && at%2 == 0:
			return victim(at / 2)
		case kind == watched && at < len(victims):
			return victim(at)
		}
		return others
	}
	// one after the other: a balancer by the number of connections must see each of them
	for at := range watches {
		t := transport(e.url, wanted(watched, at))
		s := &stream{watched, time.Now()}
		ready := make(chan bool, 1)
		e.group.Go(func() { e.keepWatching(ctx, t, s, ready) })
		<-ready
		e.add(s)
	}
	for at := range lives {
		t := transport(e.url, wanted(live, at))
		c := &http.Client{Transport: t, Timeout: time.Minute}
		request(context.Background(), c, "GET", e.url+object+"?resourceVersion=0", "")
		s := &stream{live, time.Now()}
		e.group.Go(func() { e.keepAsking(ctx, t, s, phase+time.Duration(at)*tick/lives) })
		e.add(s)
	}
}

func (e *endpoint) add(s *stream) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	s.last = time.Now()
	e.streams = append(e.streams, s)
}

// A request every tick on one HTTP/2 connection. One whose connection ends under it counts as failed and is asked once
// more at once, as client-go does with reads.
func (e *endpoint) keepAsking(ctx context.Context, t *http.Transport, s *stream, phase time.Duration) {
	c := &http.Client{Transport: t, Timeout: 10 * time.Second}
	places := make(chan bool, inFlight)
	var requests sync.WaitGroup
	time.Sleep(phase)
	ticker := time.NewTicker(tick)
	for ctx.Err() == nil {
		<-ticker.C
		select {
		case places <- true:
		default:
			continue
		}
		requests.Go(func() {
			defer func() { <-places }()
			a := e.sent(live)
			status, _, why := request(ctx, c, "GET", e.url+object+"?resourceVersion=0", "")
			if why != nil && ctx.Err() == nil {
				e.answered(a, reason(status, why))
				a = e.sent(live)
				status, _, why = request(ctx, c, "GET", e.url+object+"?resourceVersion=0", "")
			}
			if ctx.Err() != nil {
				e.forget(a)
				return
			}
			e.answered(a, reason(status, why))
			if status == 200 {
				e.heard(s)
			}
		})
	}
	requests.Wait()
	t.CloseIdleConnections()
}

func (e *endpoint) forget(a *attempt) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	delete(e.pending, a)
}

// A watch that is begun anew where it ended, as client-go's reflectors do.
func (e *endpoint) keepWatching(ctx context.Context, t *http.Transport, s *stream, ready chan bool) {
	c := &http.Client{Transport: t}
	defer t.CloseIdleConnections()
	version := ""
	for ctx.Err() == nil {
		if version == "" {
			if version = e.version(ctx, c); version == "" {
				time.Sleep(tick)
				continue
			}
		}
		a := e.sent(watched)
		request, _ := http.NewRequestWithContext(ctx, "GET", e.url+filepath.Dir(object)+"?watch=1&fieldSelector=metadata.name%3Dfailover-bench&resourceVersion="+version, nil)
		response, err := c.Do(request)
		if ctx.Err() != nil {
			e.forget(a)
			return
		}
		if err != nil || response.StatusCode != 200 {
			status := 0
			if err == nil {
				status = response.StatusCode
				response.Body.Close()
			}
			e.answered(a, reason(status, err))
			time.Sleep(tick)
			continue
		}
		select {
		case ready <- true:
		default:
		}
		decoder := json.NewDecoder(response.Body)
		for {
			var event struct {
				Type   string
				Object struct {
					Metadata struct{ ResourceVersion string }
				}
			}
			if err = decoder.Decode(&event); err != nil {
				break
			}
			if event.Type == "ERROR" {
				version, err = "", errors.New("ERROR event")
				break
			}
			version = event.Object.Metadata.ResourceVersion
			e.heard(s)
		}
		response.Body.Close()
		switch {
		case ctx.Err() != nil:
			e.forget(a)
		// as a server does that shuts down in order
		case err == io.EOF || strings.Contains(err.Error(), "server sent GOAWAY"):
			e.forget(a)
			e.mutex.Lock()
			e.ended++
			e.mutex.Unlock()
			note(e.name, "watch was ended by the server")
		default:
			// a watch that began before the window breaks in it
			e.mutex.Lock()
			a.window, a.sent = e.window, time.Now()
			e.mutex.Unlock()
			e.answered(a, reason(0, err))
		}
	}
}

func (e *endpoint) version(ctx context.Context, c *http.Client) string {
	_, answer, err := request(ctx, c, "GET", e.url+object+"?resourceVersion=0", "")
	var one struct {
		Metadata struct{ ResourceVersion string }
	}
	if err != nil || json.Unmarshal(answer, &one) != nil {
		return ""
	}
	return one.Metadata.ResourceVersion
}

// Timeouts as client-go has them. The first connection leads to one of wanted, where there is a wish.
func transport(url string, wanted []string) *http.Transport {
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	settings := &tls.Config{RootCAs: roots, Certificates: own, ServerName: "kubernetes", NextProtos: []string{"h2", "http/1.1"}}
	t := &http.Transport{
		TLSClientConfig:     settings,
		ForceAttemptHTTP2:   true,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
	if wanted != nil {
		var once sync.Once
		t.DialTLSContext = func(ctx context.Context, network, address string) (connection net.Conn, err error) {
			dial := func() (*tls.Conn, error) {
				ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
				defer cancel()
				plain, err := dialer.DialContext(ctx, network, address)
				if err != nil {
					return nil, err
				}
				secure := tls.Client(plain, settings)
				limit, cancel := context.WithTimeout(ctx, 10*time.Second)
				defer cancel()
				if err = secure.HandshakeContext(limit); err != nil {
					plain.Close()
					return nil, err
				}
				return secure, nil
			}
			once.Do(func() {
				rest := []*tls.Conn{}
				for begin := time.Now(); time.Since(begin) < 50*time.Second; time.Sleep(20 * time.Millisecond) {
					var one *tls.Conn
					if one, err = dial(); err != nil {
						continue
					}
					if fits(one, wanted) {
						connection = one
						break
					}
					// kept until the right one is found, so that a balancer by connections goes on to the next
					if rest = append(rest, one); len(rest) > 5 {
						rest[0].Close()
						rest = rest[1:]
					}
				}
				for _, each := range rest {
					each.Close()
				}
				if connection == nil {
					note("place", "%s: no connection to %v", address, wanted)
				}
			})
			if connection != nil {
				return connection, nil
			}
			secure, err := dial()
			if err != nil {
				return nil, err
			}
			return secure, nil
		}
	}
	return t
}

// HTTP/1.1, a connection a request.
func oneOff(url string) *http.Transport {
	t := transport(url, nil)
	t.DisableKeepAlives = true
	t.ForceAttemptHTTP2 = false
	t.TLSClientConfig.NextProtos = nil
	return t
}

func fits(c *tls.Conn, wanted []string) bool {
	for _, name := range wanted {
		if bytes.Equal(c.ConnectionState().PeerCertificates[0].Raw, served[name]) {
			return true
		}
	}
	return false
}

// What each master serves: which is how the one behind a proxy is told.
var served = map[string][]byte{}

func learn(masters []string) {
	for _, master := range masters {
		c, err := tls.Dial("tcp", master+":6443", &tls.Config{RootCAs: roots, ServerName: "kubernetes"})
		check(err)
		served[master] = c.ConnectionState().PeerCertificates[0].Raw
		c.Close()
	}
}

func within(list []string, one string) bool {
	for _, each := range list {
		if each == one {
			return true
		}
	}
	return false
}

// errAgain is an answer that says when to ask again, which client-go does by itself.
type errAgain struct{ status int }

func (e errAgain) Error() string { return fmt.Sprintf("%d with Retry-After", e.status) }

func reason(status int, err error) string {
	var again errAgain
	if errors.As(err, &again) {
		return "again: " + err.Error()
	}
	if err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return "timeout: " + err.Error()
		}
		return "refused: " + err.Error()
	}
	if status != 200 {
		return strconv.Itoa(status)
	}
	return ""
}

func request(ctx context.Context, c *http.Client, method, url, body string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewBufferString(body))
	check(err)
	switch method {
	case "PATCH":
		request.Header.Set("Content-Type", "application/merge-patch+json")
	case "POST":
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != 200 && response.Header.Get("Retry-After") != "" {
		err = errAgain{response.StatusCode}
	}
	return response.StatusCode, answer, err
}

func unready(answer []byte) []string {
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   struct {
				Conditions []struct{ Type, Status string }
			}
		}
	}
	names := []string{}
	if json.Unmarshal(answer, &list) != nil {
		return names
	}
	for _, node := range list.Items {
		for _, condition := range node.Status.Conditions {
			if condition.Type == "Ready" && condition.Status != "True" {
				name, _, _ := strings.Cut(node.Metadata.Name, ".")
				names = append(names, name)
			}
		}
	}
	return names
}

// Requests by turns on one kept connection to MASTER itself and on one to it through the proxy.
func latency(master, direct, proxy string, count int) {
	learn([]string{master})
	urls := []string{direct, proxy}
	names := []string{"direct", "proxy"}
	clients := []*http.Client{}
	taken := [2][]time.Duration{}
	for _, url := range urls {
		clients = append(clients, &http.Client{Transport: transport(url, []string{master}), Timeout: time.Minute})
		request(context.Background(), clients[len(clients)-1], "GET", url+object+"?resourceVersion=0", "")
	}
	for n := range count {
		for turn := range 2 {
			at := (n + turn) % 2
			before := time.Now()
			if status, _, _ := request(context.Background(), clients[at], "GET", urls[at]+object+"?resourceVersion=0", ""); status == 200 {
				taken[at] = append(taken[at], time.Since(before))
			}
		}
		time.Sleep(time.Millisecond)
	}
	for at, each := range taken {
		sort.Slice(each, func(a, b int) bool { return each[a] < each[b] })
		fmt.Printf("%s %d %.3f %.3f\n", names[at], len(each), ms(each[len(each)/2]), ms(each[len(each)*99/100]))
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// Asks a relay as the proxies of so many nodes would: a connection and a request at each interval, closed at once.
func relay(address string, nodes int, interval, duration time.Duration) {
	var sent, well, late atomic.Int64
	slots := make(chan bool, 500)
	begin := time.Now()
	gap := interval / time.Duration(nodes)
	for n := 0; ; n++ {
		due := begin.Add(time.Duration(n) * gap)
		if due.Sub(begin) >= duration {
			break
		}
		time.Sleep(time.Until(due))
		select {
		case slots <- true:
		default:
			late.Add(1)
			continue
		}
		sent.Add(1)
		go func() {
			defer func() { <-slots }()
			c, err := net.DialTimeout("tcp", address, time.Second)
			if err != nil {
				return
			}
			defer c.Close()
			c.(*net.TCPConn).SetLinger(0)
			c.SetDeadline(time.Now().Add(time.Second))
			c.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
			answer := make([]byte, 12)
			if _, err = io.ReadFull(c, answer); err == nil && string(answer[9:]) == "200" {
				well.Add(1)
			}
		}()
	}
	for range cap(slots) {
		slots <- true
	}
	fmt.Printf("sent %d well %d skipped %d seconds %.1f\n", sent.Load(), well.Load(), late.Load(), time.Since(begin).Seconds())
}

// How long a new connection (TCP and TLS) to a master and its /readyz take, five times a second.
func slow(url string, duration time.Duration) {
	var mutex sync.Mutex
	taken := [3][]time.Duration{}
	failed := 0
	kept := &http.Client{Transport: transport(url, nil), Timeout: time.Minute}
	var requests sync.WaitGroup
	for begin := time.Now(); time.Since(begin) < duration; time.Sleep(2 * tick) {
		requests.Go(func() {
			t := oneOff(url)
			var dialled time.Duration
			before := time.Now()
			t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := (&tls.Dialer{Config: &tls.Config{RootCAs: roots, Certificates: own, ServerName: "kubernetes"}}).DialContext(ctx, network, address)
				dialled = time.Since(before)
				return c, err
			}
			status, _, _ := request(context.Background(), &http.Client{Transport: t, Timeout: time.Minute}, "GET", url+"/readyz", "")
			mutex.Lock()
			defer mutex.Unlock()
			if status != 200 {
				failed++
			}
			taken[0] = append(taken[0], dialled)
			taken[1] = append(taken[1], time.Since(before)-dialled)
		})
		requests.Go(func() {
			before := time.Now()
			request(context.Background(), kept, "GET", url+"/livez?exclude=etcd", "")
			mutex.Lock()
			defer mutex.Unlock()
			taken[2] = append(taken[2], time.Since(before))
		})
	}
	requests.Wait()
	for at, name := range []string{"handshake", "readyz", "livez, kept"} {
		each := taken[at]
		sort.Slice(each, func(a, b int) bool { return each[a] < each[b] })
		fmt.Printf("%s n %d p50 %.0f p99 %.0f worst %.0f\n", name, len(each), ms(each[len(each)/2]), ms(each[len(each)*99/100]), ms(each[len(each)-1]))
	}
	fmt.Printf("readyz not 200: %d\n", failed)
}

// Load on etcd: so many writes of so many bytes a second.
func write(url string, rate, size int, duration time.Duration) {
	c := &http.Client{Transport: transport(url, nil), Timeout: 20 * time.Second}
	body := strings.Repeat("x", size)
	places := make(chan bool, 30)
	var written, failed atomic.Int64
	var slowest atomic.Int64
	path := filepath.Dir(object)
	for n := range 10 {
		request(context.Background(), c, "POST", url+path, fmt.Sprintf(`{"metadata":{"name":"failover-load-%d"}}`, n))
	}
	begin := time.Now()
	for n := 0; time.Since(begin) < duration; n++ {
		time.Sleep(time.Until(begin.Add(time.Duration(n) * time.Second / time.Duration(rate))))
		places <- true
		go func() {
			defer func() { <-places }()
			before := time.Now()
			status, _, _ := request(context.Background(), c, "PATCH", fmt.Sprintf("%s%s/failover-load-%d", url, path, n%10), fmt.Sprintf(`{"data":{"n":"%d","x":"%s"}}`, n, body))
			if status == 200 {
				written.Add(1)
			} else {
				failed.Add(1)
			}
			for took := time.Since(before).Milliseconds(); ; {
				known := slowest.Load()
				if took <= known || slowest.CompareAndSwap(known, took) {
					break
				}
			}
		}()
	}
	for range cap(places) {
		places <- true
	}
	fmt.Printf("written %d failed %d slowest %d\n", written.Load(), failed.Load(), slowest.Load())
}

func credentials(folder string) {
	certificate, err := tls.LoadX509KeyPair(filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key"))
	check(err)
	ca, err := os.ReadFile(filepath.Join(folder, "ca.crt"))
	check(err)
	roots.AppendCertsFromPEM(ca)
	own = []tls.Certificate{certificate}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	check(err)
	return n
}

func note(who, format string, values ...any) {
	at := time.Now()
	fmt.Fprintf(os.Stderr, "%s %+6d ms %s: %s\n", at.Format("15:04:05.000"), (at.UnixMicro()-marked.Load())/1000, who, fmt.Sprintf(format, values...))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
