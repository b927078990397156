package main

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// The types below have twins in tests/fmt.rs.

type Point struct {
	A int
	B string
}

type Label string

func (l Label) String() string { return "label:" + string(l) }

type Level int

func (l Level) String() string { return "level " + strconv.Itoa(int(l)) }

type Fault struct{ Code int }

func (f Fault) Error() string { return "fault " + strconv.Itoa(f.Code) }

type Machine struct{ Name string }

func (m *Machine) String() string { return "machine " + m.Name }

type Mixed struct {
	Shown  Level
	hidden Level
	Any    any
	Err    error
	List   []Label
}

type Outer struct {
	Label
	N int
}

type Nested struct {
	In  Point
	Ptr *Point
	M   map[string]int
	F   float64
}

type (
	Bytes []byte
	Names []string
	Table map[string]int
	Ratio float32
)

var values = []any{
	nil, true, false,
	0, 1, -1, 42, -12345, int8(-128), int16(300), int32('世'), int64(math.MinInt64), int64(math.MaxInt64),
	uint(0), uint8(255), uint16(65), uint32(0x1F600), uint64(math.MaxUint64), uintptr(4096), 0x10FFFF, 0x110000, 0xD800, 0x7f, 0xad,
	0.0, math.Copysign(0, -1), 1.0, -1.5, 1e6, 999999.0, 1e20, 1e21, 1e-5, 3.14159, 123456789.0, math.Inf(1), math.Inf(-1), math.NaN(), 2.5e-310, 100.0,
	float32(0.1), float32(16777216), float32(-1e10), Ratio(1.25), complex64(1 + 2i), -1.5 - 0.25i, complex(math.NaN(), math.Inf(1)),
	"", "hello", "日本語テキスト", "a\xffb", "tab\tq\"`", "e\u0301x", "with `tick`", "\u00a0\u2028\U0001F600", "line\nfeed\x00",
	[]byte(nil), []byte{}, []byte("hello"), []byte{0, 255, '"'}, [3]byte{'a', 'b', 'c'}, Bytes("bytes"), Bytes(nil), [0]int{},
	[]string{"a", "b c"}, []string(nil), Names{"x", "y"}, []int{1, -2, 3}, []any{1, "a", nil, 2.5, []int{1}, []byte("z"), true}, [2]bool{true, false}, [][]int{{1, 2}, nil, {}}, []float64{1, 2.5, 1e7},
	[]uint16{1, 2}, []Label{"p", "q"}, []error{nil, Fault{3}}, []*Point{nil}, []Level{1, 2},
	map[string]int(nil), map[string]int{}, map[string]int{"b": 2, "a": 1, "": 0, "ä": 3}, map[string]any{"z": nil, "a": []any{1.0, "x"}, "m": map[string]any{"k": 1e6}},
	map[int]string{3: "c", -1: "z", 2: "b"}, map[float64]string{math.NaN(): "nan", math.Inf(-1): "low", 1: "one", 0.5: "half"}, map[bool]int{true: 1, false: 0}, map[any]int{3: 1, 1: 2, nil: 3},
	map[[2]int]string{{2, 1}: "b", {1, 9}: "a"}, map[Point]int{{2, "a"}: 1, {1, "z"}: 2, {1, "b"}: 3}, map[Label]Level{"b": 1, "a": 2}, Table{"t": 1}, map[uint8]string{200: "x", 7: "y"},
	Point{1, "a b"}, &Point{-2, ""}, (*Point)(nil), struct{}{}, struct {
		X int
		Y []string
	}{7, []string{"q"}}, Nested{Point{1, "n"}, nil, map[string]int{"k": 1}, 0.5}, &Nested{},
	Label("x"), Level(7), Fault{404}, &Fault{5}, Machine{"m"}, &Machine{"p"}, Mixed{1, 2, Level(3), Fault{4}, []Label{"l"}}, Mixed{}, Outer{"o", 1}, &Outer{"p", 2},
	errors.New("boom"), &[]int{1, 2}, &map[string]int{"a": 1}, &[2]string{"x", "y"}, (func())(nil), (chan int)(nil), []any(nil), []any{}, [1]any{nil}, map[string]any{"p": Point{1, "x"}, "q": Level(2)},
	[]Machine{{"in a list"}}, map[string]Machine{"k": {"in a map"}}, []Outer{{"e", 3}}, (*Fault)(nil), (*Level)(nil),
}

// described is a value as JSON: its type as Go prints it, and its content.
func described(value any) string {
	if value == nil {
		return "null"
	}
	v := reflect.ValueOf(value)
	return "[" + text(v.Type().String()) + "," + content(v) + "]"
}

func content(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("\"%d\"", v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return fmt.Sprintf("\"%d\"", v.Uint())
	case reflect.Float32, reflect.Float64:
		return bits(v.Float())
	case reflect.Complex64, reflect.Complex128:
		return "[" + bits(real(v.Complex())) + "," + bits(imag(v.Complex())) + "]"
	case reflect.String:
		return text(v.String())
	case reflect.Struct:
		var fields []string
		for i := range v.NumField() {
			fields = append(fields, content(v.Field(i)))
		}
		return "[" + strings.Join(fields, ",") + "]"
	case reflect.Array:
		return items(v)
	}
	if v.IsNil() {
		return "null"
	}
	switch v.Kind() {
	case reflect.Slice:
		return items(v)
	case reflect.Map:
		var entries []string
		for iterator := v.MapRange(); iterator.Next(); {
			entries = append(entries, "["+content(iterator.Key())+","+content(iterator.Value())+"]")
		}
		sort.Strings(entries)
		return "[" + strings.Join(entries, ",") + "]"
	case reflect.Interface:
		return "[" + text(v.Elem().Type().String()) + "," + content(v.Elem()) + "]"
	case reflect.Pointer:
		return content(v.Elem())
	}
	panic("no content for " + v.Type().String())
}

func items(v reflect.Value) string {
	var all []string
	for i := range v.Len() {
		all = append(all, content(v.Index(i)))
	}
	return "[" + strings.Join(all, ",") + "]"
}

func bits(value float64) string {
	return fmt.Sprintf("\"%016x\"", math.Float64bits(value))
}
