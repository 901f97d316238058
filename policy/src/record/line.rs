/*!
A record as one line of JSON in ASCII. Each text is written in one pass: serde_json takes it apart at
every quote, and JSON in a body is full of them.

It knows the forms that records have. Any other is an error, which a test of a full record would show.
*/

use std::fmt::Error;
use std::io::Write;

use serde::ser::{Impossible, Serialize, SerializeSeq, SerializeStruct, Serializer};

/// The character takes more than a backslash and a letter.
const LONG: u8 = 1;

/// What follows the backslash; 0 where there is none. DEL is legal in JSON but unkind to terminals.
#[expect(clippy::indexing_slicing, reason = "out of bounds a constant does not compile")]
const ESCAPES: [u8; 256] = {
    let mut escapes = [LONG; 256];
    let mut byte = 0;
    while byte < 256 {
        escapes[byte] = match byte as u8 {
            byte @ (b'"' | b'\\') => byte,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            b'\x08' => b'b',
            b'\x0c' => b'f',
            b' '..=b'~' => 0,
            _ => LONG,
        };
        byte += 1;
    }
    escapes
};

fn escape(byte: u8) -> u8 {
    ESCAPES.get(usize::from(byte)).copied().unwrap_or(LONG)
}

pub struct Line(Vec<u8>);

impl Line {
    /// `None` if it has a form that no record has.
    pub fn of(record: &impl Serialize, capacity: usize) -> Option<String> {
        let mut line = Self(Vec::with_capacity(capacity));
        record.serialize(&mut line).ok()?;
        String::from_utf8(line.0).ok()
    }

    fn write(&mut self, literal: &str) -> Result<(), Error> {
        self.0.extend_from_slice(literal.as_bytes());
        Ok(())
    }

    fn number(&mut self, number: u64) -> Result<(), Error> {
        write!(self.0, "{number}").map_err(|_| Error)
    }

    fn text(&mut self, text: &str) -> Result<(), Error> {
        self.0.push(b'"');
        let begin = self.0.len();
        // An escape for each byte, should it come to that.
        self.0.resize(begin + text.len() * 2, 0);
        let mut slots = self.0.get_mut(begin..).unwrap_or_default().iter_mut();
        let mut long = false;
        for &byte in text.as_bytes() {
            let Some(slot) = slots.next() else { break };
            *slot = byte;
            let escape = escape(byte);
            if escape != 0 {
                *slot = b'\\';
                let Some(slot) = slots.next() else { break };
                *slot = escape;
                long |= escape == LONG;
            }
        }
        let left = slots.len();
        self.0.truncate(self.0.len() - left);
        if long {
            self.0.truncate(begin);
            text.chars().for_each(|character| self.character(character));
        }
        self.0.push(b'"');
        Ok(())
    }

    fn character(&mut self, character: char) {
        match u8::try_from(character).map_or(LONG, escape) {
            0 => self.0.push(character as u8),
            LONG => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    self.0.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
            escape => self.0.extend([b'\\', escape]),
        }
    }

    fn open(&mut self, bracket: u8) -> Items<'_> {
        self.0.push(bracket);
        Items { line: self, first: true }
    }
}

/// What stands between brackets.
pub struct Items<'a> {
    line: &'a mut Line,
    first: bool,
}

impl Items<'_> {
    fn next(&mut self) -> &mut Line {
        if !std::mem::take(&mut self.first) {
            self.line.0.push(b',');
        }
        self.line
    }

    fn close(self, bracket: u8) -> Result<(), Error> {
        self.line.0.push(bracket);
        Ok(())
    }
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: ?Sized + Serialize>(&mut self, item: &T) -> Result<(), Error> {
        item.serialize(self.next())
    }

    fn end(self) -> Result<(), Error> {
        self.close(b']')
    }
}

impl SerializeStruct for Items<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: ?Sized + Serialize>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let line = self.next();
        // Names of fields need no escapes.
        line.0.push(b'"');
        line.0.extend_from_slice(name.as_bytes());
        line.0.extend_from_slice(b"\":");
        value.serialize(line)
    }

    fn end(self) -> Result<(), Error> {
        self.close(b'}')
    }
}

/// Methods for forms that no record has.
macro_rules! none {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, Error> { Err(Error) })*
    };
}

type No = Impossible<(), Error>;

impl<'a> Serializer for &'a mut Line {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Items<'a>;
    type SerializeStruct = Items<'a>;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStructVariant = No;

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.text(text)
    }

    fn serialize_unit_variant(self, _: &str, _: u32, name: &'static str) -> Result<(), Error> {
        self.text(name)
    }

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.write(if value { "true" } else { "false" })
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.write("null")
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_u32(self, number: u32) -> Result<(), Error> {
        self.number(u64::from(number))
    }

    fn serialize_u64(self, number: u64) -> Result<(), Error> {
        self.number(number)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Error> {
        Ok(self.open(b'['))
    }

    fn serialize_struct(self, _: &str, _: usize) -> Result<Items<'a>, Error> {
        Ok(self.open(b'{'))
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &str,
        _: u32,
        _: &str,
        _: &T,
    ) -> Result<(), Error> {
        Err(Error)
    }

    none! {
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&str) -> ();
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&str, usize) -> No;
        serialize_tuple_variant(&str, u32, &str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct_variant(&str, u32, &str, usize) -> No;
    }
}
