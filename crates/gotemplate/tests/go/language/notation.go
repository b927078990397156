package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// The notation of data, which both sides build:
//
//	null true 1 1.5 "text" [..] {..}      nil, bool, int, float64, string, []any, map[string]any
//	{"$": "TYPE", "v": VALUE}             a value of that Go type, {"$": "TYPE"} its zero value
//	{"$": "fixture", "v": "NAME"}         a value that is built by name, see fixtures.go
//	{"$": "shared"}                       the whole of values.json
//
// VALUE of a string or []byte type is text or {"hex": ".."}; of a numeric one a number or its text; of a map a list
// of pairs or an object.

var namedTypes = map[string]reflect.Type{
	"bool": reflect.TypeFor[bool](), "string": reflect.TypeFor[string](), "any": reflect.TypeFor[any](),
	"int": reflect.TypeFor[int](), "int8": reflect.TypeFor[int8](), "int16": reflect.TypeFor[int16](),
	"int32": reflect.TypeFor[int32](), "int64": reflect.TypeFor[int64](), "uint": reflect.TypeFor[uint](),
	"uint8": reflect.TypeFor[uint8](), "uint16": reflect.TypeFor[uint16](), "uint32": reflect.TypeFor[uint32](),
	"uint64": reflect.TypeFor[uint64](), "uintptr": reflect.TypeFor[uintptr](),
	"float32": reflect.TypeFor[float32](), "float64": reflect.TypeFor[float64](),
	"complex64": reflect.TypeFor[complex64](), "complex128": reflect.TypeFor[complex128](),
	"error": reflect.TypeFor[error](), "time.Duration": reflect.TypeFor[time.Duration](),
}

func typeOf(name string) reflect.Type {
	if found, is := namedTypes[name]; is {
		return found
	}
	switch {
	case strings.HasPrefix(name, "[]"):
		return reflect.SliceOf(typeOf(name[2:]))
	case strings.HasPrefix(name, "*"):
		return reflect.PointerTo(typeOf(name[1:]))
	case strings.HasPrefix(name, "map["):
		close := strings.Index(name, "]")
		return reflect.MapOf(typeOf(name[4:close]), typeOf(name[close+1:]))
	case strings.HasPrefix(name, "["):
		close := strings.Index(name, "]")
		length, err := strconv.Atoi(name[1:close])
		if err != nil {
			panic(err)
		}
		return reflect.ArrayOf(length, typeOf(name[close+1:]))
	}
	panic("no type " + name)
}

// build makes the value that a notation stands for.
func build(notation []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(notation))
	decoder.UseNumber()
	var parsed any
	if err := decoder.Decode(&parsed); err != nil {
		panic(fmt.Sprintf("%s: %v", notation, err))
	}
	return untyped(parsed)
}

func untyped(parsed any) any {
	switch parsed := parsed.(type) {
	case json.Number:
		if number, err := strconv.Atoi(parsed.String()); err == nil {
			return number
		}
		number, err := parsed.Float64()
		if err != nil {
			panic(err)
		}
		return number
	case []any:
		list := make([]any, len(parsed))
		for index, element := range parsed {
			list[index] = untyped(element)
		}
		return list
	case map[string]any:
		if name, is := parsed["$"].(string); is {
			return named(name, parsed["v"])
		}
		object := make(map[string]any, len(parsed))
		for key, element := range parsed {
			object[key] = untyped(element)
		}
		return object
	}
	return parsed
}

func named(name string, value any) any {
	switch name {
	case "fixture":
		made, is := fixtures[value.(string)]
		if !is {
			panic("no fixture " + value.(string))
		}
		return made()
	case "shared":
		return build([]byte(sharedValues()))
	}
	return typed(typeOf(name), value).Interface()
}

// typed makes a value of a type.
func typed(kind reflect.Type, value any) reflect.Value {
	made := reflect.New(kind).Elem()
	if value == nil {
		return made
	}
	if object, is := value.(map[string]any); is && object["$"] != nil {
		if inner := untyped(value); inner != nil {
			made.Set(reflect.ValueOf(inner))
		}
		return made
	}
	switch kind.Kind() {
	case reflect.Bool:
		made.SetBool(value.(bool))
	case reflect.String:
		made.SetString(string(text(value)))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		made.SetInt(number(value, func(digits string) (int64, error) { return strconv.ParseInt(digits, 10, 64) }))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		made.SetUint(number(value, func(digits string) (uint64, error) { return strconv.ParseUint(digits, 10, 64) }))
	case reflect.Float32, reflect.Float64:
		made.SetFloat(number(value, func(digits string) (float64, error) { return strconv.ParseFloat(digits, 64) }))
	case reflect.Complex64, reflect.Complex128:
		made.SetComplex(number(value, func(digits string) (complex128, error) { return strconv.ParseComplex(digits, 128) }))
	case reflect.Slice:
		if _, list := value.([]any); !list {
			made.SetBytes(text(value))
			break
		}
		list := value.([]any)
		made.Set(reflect.MakeSlice(kind, len(list), len(list)))
		for index, element := range list {
			made.Index(index).Set(typed(kind.Elem(), element))
		}
	case reflect.Array:
		for index, element := range value.([]any) {
			made.Index(index).Set(typed(kind.Elem(), element))
		}
	case reflect.Map:
		made.Set(reflect.MakeMap(kind))
		if pairs, is := value.([]any); is {
			for _, pair := range pairs {
				made.SetMapIndex(typed(kind.Key(), pair.([]any)[0]), typed(kind.Elem(), pair.([]any)[1]))
			}
			break
		}
		for key, element := range value.(map[string]any) {
			made.SetMapIndex(typed(kind.Key(), key), typed(kind.Elem(), element))
		}
	case reflect.Pointer:
		made.Set(reflect.New(kind.Elem()))
		made.Elem().Set(typed(kind.Elem(), value))
	case reflect.Interface:
		if inner := untyped(value); inner != nil {
			made.Set(reflect.ValueOf(inner))
		}
	default:
		panic("no value of " + kind.String())
	}
	return made
}

func text(value any) []byte {
	if object, is := value.(map[string]any); is {
		decoded, err := hex.DecodeString(object["hex"].(string))
		if err != nil {
			panic(err)
		}
		return decoded
	}
	return []byte(value.(string))
}

func number[T any](value any, parse func(string) (T, error)) T {
	made, err := parse(fmt.Sprint(value))
	if err != nil {
		panic(err)
	}
	return made
}
