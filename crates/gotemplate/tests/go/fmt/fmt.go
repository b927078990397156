package main

import (
	"fmt"
	"reflect"
	"strings"
	"text/template"
)

// every value is printed in every one of these
var formats = strings.Split("%v %+v %#v %T %t %b %c %d %o %O %q %x %X %U %e %E %f %F %g %G %s %p %w %z %! %世 "+
	"%+d %05d %-5d| %#x %#X %+q %#q %#+q %#o %#O %#b %+.3e %08.2f %-8.2f| %+08.2f %#g %#.3x %.0f %6.2f %10s %-10s| %.2s %.10q %010s %.3x %#U %#.8U %-12U| "+
	"%#10v %5v %-5v| %05v %+5d %.5d %8.5d %-8.5d| %08.5d %.0d %8.0d| %5t %-7t| %5c %05c %-5c| %5q %+.2x %10.3v %#.3v %#e %#f %#.0f %#.0e %+b %#8x %#-12x| %012x %+#v "+
	"%20T %.3T %-20T| %6.3f %+.3g %.3G %+010d %-010d| %#.3g %#G %#X %.3X %+c %010q %-10q| %#.3X %+x %.1v %w %20v %-20v| %020v %+20v %+-8d| %+.1f %#w %+w",
	" ")

var spaced = []string{"% d", "% x", "%# x", "% X", "% #X", "% 5d", "% .3g", "% 08.2f", "% v", "% q", "%-20 x|", "%20 x", "% +d", "% e", "% t", "% c", "%.2 x", "% .2x"}

type call struct {
	format    string
	arguments []any
}

// formats that are wrong, or that take their arguments in other ways
var calls = []call{
	{"", nil}, {"plain", nil}, {"%", nil}, {"100%", nil}, {"%%", nil}, {"%5%|%-5%|%+%", nil}, {"%d", nil}, {"%d %s", []any{1}}, {"%d", []any{1, "extra", nil, 2.5}}, {"no verb", []any{1}}, {"%!", []any{1}}, {"%!", nil}, {"%", []any{1}},
	{"%-", []any{1}}, {"%+5", []any{1}}, {"%.", []any{1}}, {"%5.", []any{1}}, {"%5.2", []any{1}}, {"%*d|", []any{5, 42}}, {"%-*d|", []any{5, 42}}, {"%*d|", []any{-5, 42}}, {"%0*d|", []any{-5, 42}}, {"%0*d|", []any{5, 42}}, {"%.*f", []any{2, 3.14159}}, {"%*.*f|", []any{8, 2, 3.14159}},
	{"%.*d", []any{-1, 42}}, {"%*d", []any{"x", 42}}, {"%.*d", []any{"x", 42}}, {"%*d", []any{5}}, {"%*d", nil}, {"%.*d", nil}, {"%*d", []any{1000001, 42}}, {"%*d", []any{uint8(5), 42}}, {"%*d", []any{int64(-1 << 62), 42}}, {"%.*d", []any{uint64(1 << 63), 42}}, {"%*d", []any{nil, 42}}, {"%*d", []any{Level(4), 42}}, {"%*d", []any{2.0, 42}}, {"%-*d|", []any{-5, 42}},
	{"%[1]d %[1]x", []any{255}}, {"%[2]d %[1]d", []any{1, 2}}, {"%[2]d %d", []any{1, 2}}, {"%[3]d", []any{1, 2}}, {"%[0]d", []any{1}}, {"%[-1]d", []any{1}}, {"%[x]d", []any{1}}, {"%[]d", []any{1}}, {"%[1d", []any{1}}, {"%[", []any{1}}, {"%[1", []any{1}}, {"%[1]", []any{1}}, {"%[]", []any{1}}, {"%[99999999999]d", []any{1}},
	{"%[1]*d|", []any{5, 42}}, {"%[2]*[1]d|", []any{42, 5}}, {"%[2]*.[3]*[1]f|", []any{3.14159, 8, 2}}, {"%[3]2d", []any{1, 2, 3}}, {"%[2].2f", []any{1.5, 2.5}}, {"%.[2]f", []any{1.5, 2.5}}, {"%.[2]*f", []any{1.5, 2}}, {"%.[2]*[1]f", []any{1.5, 2}}, {"%[5]*d", []any{1, 2}}, {"%[1]d %d %d", []any{1, 2, 3}}, {"%[2]d", []any{1, 2, 3}}, {"%d %[9]d %d", []any{1, 2}}, {"%-[1]d", []any{7}}, {"%[1]-5d|", []any{7}}, {"%6[1]d|", []any{7}}, {"%6.2[1]f|", []any{7.0}}, {"%[1]5d", []any{7}}, {"%[1][2]d", []any{7, 8}},
	{"%[2]*d", []any{1, 2}}, {"%[1]*[2]d", []any{3, 2}}, {"%.[1]2d", []any{3}}, {"%[a]*d", []any{3, 4}}, {"%[1]%", []any{3}}, {"%[7]%", []any{3}}, {"%[1]", nil}, {"%[1]d", nil}, {"%v%v", []any{nil, nil}}, {"%d%%", []any{50}}, {"%s%!%d", []any{"a", 1}},
	{"%99999999999d|", []any{1}}, {"%.99999999999d|", []any{1}}, {"%1000001d", nil}, {"%\xffd", []any{1}}, {"a\xffb%d", []any{1}}, {"%é", nil}, {"%世", []any{"x"}}, {"%d\n%s\t%v", []any{1, "two", 3.0}}, {"%+ d|% +d|%- 5d|", []any{1, 2, 3}}, {"%##x %--5d| %++d %00005d", []any{1, 2, 3, 4}}, {"%0-5d|%-05d|%0+5d", []any{1, 2, 3}},
	{"%s", []any{[]any{"a", 1, nil}}}, {"%d", []any{[]any{"a", 1, 2.5}}}, {"%d", []any{map[string]any{"a": "x", "b": 1}}}, {"%6.2f|", []any{[]float64{1, 22.333}}}, {"%q", []any{[]string{"a b", "c"}}}, {"%x", []any{[]string{"ab", "c"}}}, {"%05d", []any{[]int{1, -2}}}, {"%-5v|", []any{[]string{"a", "b"}}}, {"%s %s", []any{Fault{1}, Label("l")}}, {"%d %x", []any{Level(1), Level(2)}},
	{"%v %s", []any{Point{1, "a"}, Point{2, "b"}}}, {"%6d|%-6s|", []any{Point{1, "a"}, Point{2, "b"}}}, {"%t", []any{"true"}}, {"%t", []any{[]bool{true}}}, {"%c%c%c", []any{'G', 'o', 0x1F600}}, {"%08b", []any{uint8(5)}}, {"%x", []any{-255}}, {"%X", []any{"hello"}}, {"%e", []any{1}}, {"%s", []any{1.5}}, {"%s", []any{true}},
	{"%.3s|%.10s|%5.1s|", []any{"日本語", "日本語", "日本語"}}, {"%.2q", []any{"日本語"}}, {"%5s|%-5s|", []any{"é", "é"}}, {"%.1s|%.1s", []any{"\xff\xff", []byte("\xe6\x97")}}, {"%4s|", []any{"a\xff"}}, {"%s", []any{[]byte("bytes")}}, {"%.2s", []any{[]byte("日本")}}, {"% x|%# x|%#x|% #X", []any{"abc", "abc", []byte("abc"), "abc"}}, {"%20x|%-20x|%020x|", []any{"abc", "abc", "abc"}},
}

// printed is the result as JSON, or null when it shows an address.
func printed(format string, value any) string {
	if v := reflect.ValueOf(value); strings.HasSuffix(strings.TrimRight(format, "|"), "p") && v.IsValid() {
		switch v.Kind() {
		case reflect.Chan, reflect.Func, reflect.Map, reflect.Pointer, reflect.Slice:
			if !v.IsNil() || v.Kind() == reflect.Slice {
				return "null"
			}
		}
	}
	result := fmt.Sprintf(format, value)
	if strings.Contains(result, "0xc00") || strings.Contains(strings.ToLower(result), "c000") {
		return "null"
	}
	return text(result)
}

func fmtCases() string {
	all := append(append([]string{}, formats...), spaced...)
	var header, table, other, print, escaped []string
	for _, format := range all {
		header = append(header, text(format))
	}
	for _, value := range values {
		row := []string{described(value)}
		for _, format := range all {
			row = append(row, printed(format, value))
		}
		table = append(table, "["+strings.Join(row, ",")+"]")
	}
	for _, c := range calls {
		other = append(other, "["+text(c.format)+","+list(c.arguments)+","+text(fmt.Sprintf(c.format, c.arguments...))+"]")
	}
	for _, arguments := range [][]any{
		nil, {1}, {1, 2}, {"a", "b"}, {"a", 1, 2, "b", 3.5, nil, nil}, {nil}, {Label("a"), Label("b"), 1}, {[]int{1}, []int{2}}, {Fault{1}, Fault{2}}, {1e6, float32(0.1), true, Point{1, "x"}}, {"", "", 1, ""}, {[]byte("a"), []byte("b")}, {'x', 2i},
	} {
		print = append(print, "["+list(arguments)+","+text(fmt.Sprint(arguments...))+","+text(fmt.Sprintln(arguments...))+"]")
	}
	for _, arguments := range [][]any{
		{"plain"}, {"<a href=\"x\">'&\x00</a>"}, {"a b&c=d/é?%+~._-"}, {"back\\slash\n\t\r\x7f\x01"}, {"日本\u2028\u00ad\ufeff\xff\U000e0001"}, {nil}, {1, 2, "a", 'x', 2.5}, nil, {"a", "b"}, {Fault{1}},
		{&Fault{2}}, {&Machine{"<m>"}}, {Machine{"v"}}, {&Point{1, "<"}}, {(*Point)(nil)}, {[]string{"<", "&"}}, {map[string]int{"<": 1}}, {[]byte("<b>")}, {Label("<l>")}, {true, nil, "x"}, {(func())(nil)}, {""}, {&[]int{1}},
	} {
		escaped = append(escaped, "["+list(arguments)+","+text(template.HTMLEscaper(clone(arguments)...))+","+text(template.JSEscaper(clone(arguments)...))+","+text(template.URLQueryEscaper(clone(arguments)...))+"]")
	}
	return "{\"formats\":[" + strings.Join(header, ",") + "],\n\"values\":" + lines(table) + ",\n\"calls\":" + lines(other) + ",\n\"print\":" + lines(print) + ",\n\"escaped\":" + lines(escaped) + "}\n"
}

// clone is a copy: the escapers change what they are given.
func clone(arguments []any) []any { return append([]any(nil), arguments...) }

func list(arguments []any) string {
	var all []string
	for _, argument := range arguments {
		all = append(all, described(argument))
	}
	return "[" + strings.Join(all, ",") + "]"
}
