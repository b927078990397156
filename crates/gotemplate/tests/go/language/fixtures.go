package main

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
	"time"
)

// Endpoint is embedded by Service.
type Endpoint struct {
	Host string
	Port int
}

// Address has a value receiver.
func (e Endpoint) Address() string { return fmt.Sprintf("%s:%d", e.Host, e.Port) }

// Renamed has a pointer receiver.
func (e *Endpoint) Renamed(host string) string { return host + " was " + e.Host }

// Plain is a struct without methods, one field of which nobody may read.
type Plain struct {
	Name   string
	Count  int
	hidden bool
}

// Level is a number with a name of its own.
type Level int

// String names it.
func (l Level) String() string { return []string{"low", "high"}[l] }

// Double is a method of a number.
func (l Level) Double() int { return int(l) * 2 }

// Tags is a list with methods.
type Tags []string

// Contains is asked with an argument.
func (t Tags) Contains(tag string) bool {
	for _, own := range t {
		if own == tag {
			return true
		}
	}
	return false
}

// Attributes is a map with a method, which hides the key of its name.
type Attributes map[string]string

// Size counts.
func (a Attributes) Size() int { return len(a) }

// Fault is an error.
type Fault struct{ Code int }

// Error tells it.
func (f *Fault) Error() string { return fmt.Sprintf("fault %d", f.Code) }

// Service has a field of every sort that templates meet.
type Service struct {
	Endpoint
	ID       string
	Tags     Tags
	Labels   map[string]string
	Meta     Attributes
	Weight   float64
	Level    Level
	Timeout  time.Duration
	Next     *Service
	Any      any
	Err      error
	Twice    func(int) int
	NoFunc   func()
	Plain    Plain
	Pointer  *Plain
	Bytes    []byte
	Nothing  any
	internal string
}

// Hello takes an argument.
func (s Service) Hello(name string) string { return "hello " + name + " from " + s.ID }

// Add takes two.
func (s Service) Add(a, b int) int { return a + b }

// Join is variadic.
func (s Service) Join(separator string, parts ...string) string {
	return strings.Join(parts, separator)
}

// Works has an error result that is nil.
func (s Service) Works() (string, error) { return "works", nil }

// Fails has one that is not.
func (s Service) Fails() (string, error) { return "", errors.New("it fails") }

// Panics panics with a text.
func (s Service) Panics() string { panic("it panics") }

// Self answers a struct.
func (s Service) Self() Service { return s }

// Here answers a pointer.
func (s *Service) Here() *Service { return s }

// Missing answers a typed nil.
func (s Service) Missing() *Service { return nil }

// Nil answers nothing.
func (s Service) Nil() any { return nil }

// Map answers a map.
func (s Service) Map() map[string]int { return map[string]int{"one": 1, "two": 2} }

// Adder answers a function.
func (s Service) Adder(by int) func(int) int { return func(to int) int { return to + by } }

func service() *Service {
	return &Service{
		Endpoint: Endpoint{"db.local", 5432}, ID: "db-1", Tags: Tags{"primary", "fast"},
		Labels: map[string]string{"zone": "a", "Tier": "gold"}, Meta: Attributes{"a": "1", "b": "2"}, Weight: 0.5,
		Level: 1, Timeout: 90 * time.Second, Next: &Service{ID: "db-2"}, Any: 7, Err: &Fault{3},
		Twice: func(number int) int { return 2 * number }, Plain: Plain{"plain", 3, true}, Pointer: &Plain{"pointed", 4, false},
		Bytes: []byte("raw"), internal: "secret",
	}
}

var fixtures = map[string]func() any{
	"service":         func() any { return *service() },
	"service pointer": func() any { return service() },
	"nil service":     func() any { return (*Service)(nil) },
	"empty service":   func() any { return Service{} },
	"services":        func() any { return []*Service{service(), {ID: "db-3"}, nil} },
	"services by id":  func() any { return map[string]*Service{"b": {ID: "db-b"}, "a": service()} },
	"plain":           func() any { return Plain{"plain", 3, true} },
	"plain pointer":   func() any { return &Plain{"pointed", 4, false} },
	"plains":          func() any { return []Plain{{"one", 1, false}, {"two", 2, true}} },
	"plain map":       func() any { return map[string]Plain{"one": {"one", 1, false}} },
	"level":           func() any { return Level(1) },
	"levels":          func() any { return []Level{0, 1} },
	"level map":       func() any { return map[Level]int{1: 10, 0: 20} },
	"tags":            func() any { return Tags{"x", "y"} },
	"nil tags":        func() any { return Tags(nil) },
	"attributes":      func() any { return Attributes{"Size": "hidden", "k": "v"} },
	"error":           func() any { return errors.New("some error") },
	"fault":           func() any { return &Fault{9} },
	"func":            func() any { return func(number int) int { return 2 * number } },
	"func fails":      func() any { return func() (int, error) { return 0, errors.New("call fails") } },
	"func panics":     func() any { return func() int { panic("call panics") } },
	"func variadic":   func() any { return func(first string, more ...int) string { return fmt.Sprint(first, more) } },
	"func none":       func() any { return func() {} },
	"nil func":        func() any { return (func(int) int)(nil) },
	"channel": func() any {
		channel := make(chan int, 3)
		channel <- 1
		channel <- 2
		channel <- 3
		close(channel)
		return channel
	},
	"empty channel": func() any {
		channel := make(chan string)
		close(channel)
		return channel
	},
	"nil channel": func() any { return (chan int)(nil) },
}

// functions is what the templates may call; the Rust side registers the same.
var functions = template.FuncMap{
	"echo": func(value any) any { return value },
	"add":  func(a, b int) int { return a + b },
	"sum": func(numbers ...int) int {
		total := 0
		for _, number := range numbers {
			total += number
		}
		return total
	},
	"joined":        func(separator string, parts ...string) string { return strings.Join(parts, separator) },
	"hello":         func() string { return "hello" },
	"fail":          func() (string, error) { return "", errors.New("no luck") },
	"failWith":      func(text string) (string, error) { return "", errors.New(text) },
	"boom":          func() string { panic("boom!") },
	"boomError":     func() string { panic(errors.New("boom error")) },
	"nothing":       func() any { return nil },
	"nilService":    func() *Service { return nil },
	"newService":    func() *Service { return service() },
	"takesBool":     func(value bool) bool { return value },
	"takesInt":      func(value int) int { return value },
	"takesInt8":     func(value int8) int8 { return value },
	"takesInt64":    func(value int64) int64 { return value },
	"takesUint":     func(value uint) uint { return value },
	"takesUint8":    func(value uint8) uint8 { return value },
	"takesFloat":    func(value float64) float64 { return value },
	"takesComplex":  func(value complex128) complex128 { return value },
	"takesString":   func(value string) string { return value },
	"takesStrings":  func(value []string) string { return fmt.Sprint(len(value), value) },
	"takesAnys":     func(value []any) string { return fmt.Sprint(len(value), value) },
	"takesMap":      func(value map[string]any) string { return fmt.Sprint(len(value), value) },
	"takesDuration": func(value time.Duration) string { return value.String() },
	"takesError":    func(value error) string { return fmt.Sprint(value) },
	"takesService":  func(value Service) string { return value.ID },
	"takesPointer":  func(value *Service) bool { return value == nil },
	"takesBytes":    func(value []byte) int { return len(value) },
	"takesFunc":     func(value func(int) int) bool { return value == nil },
	"adder":         func(by int) func(int) int { return func(to int) int { return to + by } },
	"numbers":       func() []int { return []int{1, 2, 3} },
	"table":         func() map[string]any { return map[string]any{"k": "v", "n": nil, "m": map[string]any{"deep": 1}} },
}
