//! Go's names of the basic types.

#![allow(non_camel_case_types, reason = "these are Go's names")]

/// Go's `int`, 64 bits wide.
pub type int = i64;
/// Go's `int8`.
pub type int8 = i8;
/// Go's `int16`.
pub type int16 = i16;
/// Go's `int32`.
pub type int32 = i32;
/// Go's `int64`.
pub type int64 = i64;
/// Go's `uint`, 64 bits wide.
pub type uint = u64;
/// Go's `uint8`.
pub type uint8 = u8;
/// Go's `uint16`.
pub type uint16 = u16;
/// Go's `uint32`.
pub type uint32 = u32;
/// Go's `uint64`.
pub type uint64 = u64;
/// Go's `float32`.
pub type float32 = f32;
/// Go's `float64`.
pub type float64 = f64;
/// Go's `byte`.
pub type byte = u8;
/// Go's `rune`: one character.
pub type rune = char;
/// Go's `string`.
pub type string = String;
