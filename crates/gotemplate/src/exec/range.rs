//! Ranges: over lists, maps, numbers, channels and functions.

use super::walk::Flow;
use super::{Held, Machine, Outcome};
use crate::fmt;
use crate::function::{Function, FunctionBody};
use crate::parse::{ListId, Pipe, PipeId};
use crate::types::{ChanDirection, Type};
use crate::value::{Chan, List, Map, Value};

/// A range under way.
struct Range<'t> {
    pipe: &'t Pipe,
    body: ListId,
    /// Whether it went round at least once.
    began: bool,
}

impl<'t> Machine<'t, '_> {
    pub(super) fn walk_range(
        &mut self,
        dot: &Held,
        pipe: PipeId,
        body: ListId,
        otherwise: Option<ListId>,
    ) -> Outcome<Flow> {
        let value = self.eval_pipeline(dot, pipe)?;
        let mut range = Range { pipe: self.tree.pipe(pipe), body, began: false };
        self.range_over(&mut range, &value)?;
        match otherwise {
            Some(list) if !range.began => self.walk_list(dot, list),
            _ => Ok(Flow::Next),
        }
    }

    fn range_over(&mut self, range: &mut Range<'t>, held: &Held) -> Outcome<()> {
        let value = held.value.indirect();
        match value.underlying() {
            Value::Nil => Ok(()),
            Value::Int(_, number) => self.range_number(range, value, u64::try_from(*number).unwrap_or(0)),
            Value::Uint(_, number) => self.range_number(range, value, *number),
            Value::List(list) => self.range_list(range, list, held.is_addressable()),
            Value::Map(map) => self.range_map(range, map),
            Value::Chan(chan) => self.range_chan(range, value, chan),
            Value::Func(function) => self.range_function(range, value, function),
            _ => self.fail(format!("range can't iterate over {}", shown(value))),
        }
    }

    fn range_number(&mut self, range: &mut Range<'t>, limit: &Value, count: u64) -> Outcome<()> {
        if range.pipe.variables.len() > 1 {
            let limit = shown(limit);
            return self.fail(format!("can't use {limit} to iterate over more than one variable"));
        }
        for number in 0..count {
            let item = Held::plain(like(limit, number));
            if !self.go_round(range, Held::default(), item)? {
                break;
            }
        }
        Ok(())
    }

    fn range_list(&mut self, range: &mut Range<'t>, list: &List, addressable: bool) -> Outcome<()> {
        let addressable = addressable || !list.is_array();
        for index in 0..list.len() {
            let item = Held::of(list.at(index).unwrap_or_default(), list.elem(), addressable);
            if !self.go_round(range, Held::plain(Value::count(index)), item)? {
                break;
            }
        }
        Ok(())
    }

    fn range_map(&mut self, range: &mut Range<'t>, map: &Map) -> Outcome<()> {
        for (key, item) in map.entries().iter() {
            let key = Held::of(key.0.clone(), map.key(), false);
            let item = Held::of(item.clone(), map.elem(), false);
            if !self.go_round(range, key, item)? {
                break;
            }
        }
        Ok(())
    }

    fn range_chan(&mut self, range: &mut Range<'t>, value: &Value, chan: &Chan) -> Outcome<()> {
        if !chan.is_nil() && chan.direction() == ChanDirection::Send {
            return self.fail(format!("range over send-only channel {}", shown(value)));
        }
        let elem = chan.type_of().elem().unwrap_or(&Type::Any);
        let mut index = 0;
        while let Some(item) = chan.receive() {
            let item = Held::of(item, elem, false);
            if !self.go_round(range, Held::plain(Value::count(index)), item)? {
                break;
            }
            index += 1;
        }
        Ok(())
    }

    fn range_function(&mut self, range: &mut Range<'t>, value: &Value, function: &Function) -> Outcome<()> {
        let variables = range.pipe.variables.len();
        let FunctionBody::Sequence { pairs, run } = function.body() else {
            return self.fail(format!("range can't iterate over {}", shown(value)));
        };
        if variables > 1 && !pairs {
            return self.fail(format!("can't use {} iterate over more than one variable", shown(value)));
        }
        let mut outcome = Ok(());
        run(&mut |first, second| {
            // With less than two variables, the first of a pair is the item.
            let (index, item) = if *pairs && variables < 2 { (Value::Nil, first) } else { (first, second) };
            match self.go_round(range, Held::plain(index), Held::plain(item)) {
                Ok(again) => again,
                Err(failure) => {
                    outcome = Err(failure);
                    false
                }
            }
        });
        outcome
    }

    /// One round; says whether there is to be another.
    fn go_round(&mut self, range: &mut Range<'t>, index: Held, item: Held) -> Outcome<bool> {
        range.began = true;
        match &*range.pipe.variables {
            [] => {}
            [only] => self.set(only, item.clone())?,
            [first, second, ..] => {
                self.set(first, index)?;
                self.set(second, item.clone())?;
            }
        }
        Ok(self.walk_list(&item, range.body)? != Flow::Break)
    }
}

/// A number of the type of another.
fn like(other: &Value, number: u64) -> Value {
    match other {
        Value::Int(kind, _) => Value::Int(*kind, i64::try_from(number).unwrap_or(i64::MAX)),
        Value::Uint(kind, _) => Value::Uint(*kind, number),
        Value::Named(named) => Value::named(named.named_type(), like(named.value(), number)),
        _ => Value::from(number),
    }
}

fn shown(value: &Value) -> String {
    String::from_utf8_lossy(&fmt::sprintf("%v", std::slice::from_ref(value))).into_owned()
}
