package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

type form struct {
	verb      byte
	precision int
	bits      int
}

func forms() []form {
	all := []form{{'b', -1, 64}, {'b', -1, 32}}
	for _, bits := range []int{64, 32} {
		for _, verb := range []byte("efgxGEX") {
			precisions := []int{-1, 0, 1, 2, 3, 5, 12, 17, 21}
			if verb < 'a' || bits == 32 {
				precisions = []int{-1, 0, 3}
			}
			for _, precision := range precisions {
				all = append(all, form{verb, precision, bits})
			}
		}
	}
	return append(all, form{'f', 60, 64}, form{'e', 60, 64}, form{'g', 60, 64}, form{'z', 1, 64})
}

var floats = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.1, 0.5, 1.5, 2.5, 0.25, 0.125, 0.15, 1.25, 0.05, 9.5, 99.5, 0.999, 9.9999999, 10, 100,
	123456, 999999, 999999.5, 1000000, 1234567, 20000000, 1e20, 1e21, 123456789012345678, 1e23, 1.0 / 3, 2.0 / 3, 100.0 / 3, -7.25, 3.14159265358979,
	0.0001, 0.00001, 0.000123456, 1e-7, 1e-10, 5e-324, 2.2250738585072014e-308, 2.2250738585072011e-308, 1e-45, 1.1754943508222875e-38, 1e-39,
	1.7976931348623157e308, 3.4028234663852886e38, 3.5e38, math.Inf(1), math.Inf(-1), math.NaN(), 16777216, 16777217, 9007199254740993,
	8.41e21, 4.35, 0.3, 2.675, 1.005, 1e100, 255, 256, 1023.9999999999999, 0x1.fffffffffffffp3, 0x1.8p-1070, 0.000001, 1e5, 123e4, 5e-5,
	32.5, 1e15, 1e16, 1e17, 622666234635.3213e-320, -0.00000000001, 12345.6789, 2.2, 1e-320,
	1.37890625, 19.6640625, -367872.625, 0.478515625, 2251799813685248.25, 2251799813685248.75, 1125899906842624.125, 1 << 60, 1 << 63, 1 << 70, 9007199254740995, 72057594037927945, 0x1p-12, 0x1p-25, 33554434, 1.152921504606847e18,
}

var texts = []string{
	"", "a", "hello world", `say "hi"`, `back\slash`, "tab\tnew\nline\r\a\b\f\v", "\x00\x01\x1f\x7f", "ä", "世界", "\xff", "a\xe4\xb8", "\xed\xa0\x80",
	"\u00a0", "\u00ad", "\u2028", "\ufeff", "\ufffd", "\U0001F600", "\U0010ffff", "e\u0301", "`", "'", "`tick\tok", "\u200b", "\u0378", "\U000e0100", "\ue000", "\x80\x80", "ÿ", "\u061c", "𝒳",
}

var quoted = []string{
	`""`, `"a"`, `"a`, `a"`, `"`, "``", "`a`", "`a\r\n\\n`", "`a`b", "`", `''`, `'a'`, `'ab'`, `'\''`, `'"'`, `'\"'`, `"\'"`, `"'"`, `"\""`, `"\x41"`, `"\xff"`, `"\xf"`, `"\u00e4"`, `"\ud800"`, `"\U0001F600"`, `"\U00110000"`,
	`"\101"`, `"\400"`, `"\377"`, `"\18"`, `"\a\b\f\n\r\t\v\\"`, `"\q"`, "\"a\nb\"", "\"\xff\"", `"\`, `"\"`, `"a"b`, `"a""`, `'\u00e4'`, `'ä'`, `'\x80'`, "'\xff'", "'\n'", `'\n'`, `"世"`, `"\u12"`, `"\U8000000a"`, ``, `x`, `"\uFFFF"`, `'\xff'`, `'`,
}

var integers = []string{
	"", "0", "-0", "+0", "7", "-7", "+7", "--7", "+", "-", "x", "1x", " 1", "1 ", "127", "128", "-128", "-129", "255", "256", "32767", "32768", "65535", "65536", "2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "99999999999999999999x", "0x1F", "0X1f", "-0x1f", "0b101", "0o17", "017", "08", "0x", "0b", "0b2", "0o8",
	"1_000", "_1", "1_", "1__0", "0x_1F", "0_7", "0b_1", "1e3", "1.5", "ff", "FF", "zz", "Zz", "é", "\xff", "10\n", `"1"`, "-_1", "0x1_", "０",
}

var decimals = []string{
	"", "0", "-0", "+0", "1", "+1", "-1", "++1", "1.5", ".5", "5.", ".", "-.", "1e3", "1E3", "1e+3", "1e-3", "1e", "1e+", "e3", "1.5e", "1..5", "1.5.", "0x1p3", "0x1.8p1", "0X1.8P-1", "0x1", "0x1.8", "0xp1", "0x.p1", "0x.8p0", "0x1p", "0x1p+",
	"inf", "Inf", "+Inf", "-inf", "infinity", "INFINITY", "infin", "nan", "NaN", "+nan", "-NaN", "nanx", "infx", "1_000", "1_000.5", "_1", "1_", "1__0", "1_.5", "1._5", "1e1_0", "0x_1p3", "0x1_0p0", "1e308", "1.7976931348623157e308", "1.7976931348623159e308", "1e309", "-1e309",
	"3.4028235e38", "3.4028236e38", "1e39", "1e-400", "5e-324", "2e-324", "3e-324", "1e400", "1e99999999999", "-1e-99999999999", "0x1p-1074", "0x1p-1075", "0x1.8p-1075", "0x1p1024", "0x1.fffffffffffffp1023", "0x1.fffffffffffff8p1023", "0x1.fffffffffffff7p1023",
	"0x1.00000000000008p0", "0x1.00000000000018p0", "0x1.000000000000080001p0", "0x1.000001p0", "0x1.000003p0", "0x1p-149", "0x1p-150", "0x1.8p-150", "0x123456789abcdef0123456789p-50", "0x0.000000000000000000001p100", "0x0p999999",
	"1 ", " 1", "1x", "1,5", "١", "\xff", "0.1", "16777217", "123456789.123456789123456789", "9007199254740993", "9007199254740992.99999999999999999999", "1e-7", "0e0", "00012", "1e010", "1p3", "0b1", "1.e1", "true", "Infinityx", "1e5x", "i", "n",
}

func outcome[T any](value T, err error) string {
	if err != nil {
		return text("!" + err.Error())
	}
	return text(fmt.Sprint(value))
}

func floatOutcome(value float64, err error) string {
	if err != nil {
		return text("!" + err.Error())
	}
	return text(fmt.Sprintf("%016x", math.Float64bits(value)))
}

func strconvCases() string {
	var header, float, quote, unquote, integer, decimal, boolean, rune_ []string
	for _, f := range forms() {
		header = append(header, fmt.Sprintf("[%q,%d,%d]", string(f.verb), f.precision, f.bits))
	}
	for _, value := range floats {
		var row []string
		for _, f := range forms() {
			row = append(row, text(strconv.FormatFloat(value, f.verb, f.precision, f.bits)))
		}
		float = append(float, fmt.Sprintf("[\"%016x\",%s]", math.Float64bits(value), strings.Join(row, ",")))
	}
	for _, t := range texts {
		quote = append(quote, fmt.Sprintf("[%s,%s,%s,%v]", text(t), text(strconv.Quote(t)), text(strconv.QuoteToASCII(t)), strconv.CanBackquote(t)))
		for _, r := range t {
			rune_ = append(rune_, fmt.Sprintf("[%d,%s,%s,%v]", r, text(strconv.QuoteRune(r)), text(strconv.QuoteRuneToASCII(r)), strconv.IsPrint(r)))
		}
	}
	for _, t := range quoted {
		unquote = append(unquote, "["+text(t)+","+outcome(strconv.Unquote(t))+"]")
	}
	for _, t := range integers {
		row := []string{text(t), outcome(strconv.Atoi(t))}
		for _, base := range []int{0, 2, 8, 10, 16, 36} {
			row = append(row, outcome(strconv.ParseInt(t, base, 64)), outcome(strconv.ParseUint(t, base, 64)))
		}
		for _, bits := range []int{8, 16, 32, 0} {
			row = append(row, outcome(strconv.ParseInt(t, 10, bits)), outcome(strconv.ParseUint(t, 10, bits)))
		}
		row = append(row, outcome(strconv.ParseInt(t, 1, 64)), outcome(strconv.ParseUint(t, 37, 64)))
		row = append(row, outcome(strconv.ParseInt(t, 10, 65)), outcome(strconv.ParseUint(t, 10, -1)))
		integer = append(integer, "["+strings.Join(row, ",")+"]")
	}
	for _, t := range decimals {
		decimal = append(decimal, "["+text(t)+","+floatOutcome(strconv.ParseFloat(t, 64))+","+floatOutcome(strconv.ParseFloat(t, 32))+"]")
	}
	for _, t := range strings.Fields("1 t T TRUE true True 0 f F FALSE false False tRUE yes 2 truE") {
		boolean = append(boolean, "["+text(t)+","+outcome(strconv.ParseBool(t))+"]")
	}
	return "{\"forms\":[" + strings.Join(header, ",") + "],\n\"float\":" + lines(float) + ",\n\"quote\":" + lines(quote) + ",\n\"rune\":" + lines(rune_) +
		",\n\"unquote\":" + lines(unquote) + ",\n\"integer\":" + lines(integer) + ",\n\"decimal\":" + lines(decimal) + ",\n\"boolean\":" + lines(boolean) + "}\n"
}
