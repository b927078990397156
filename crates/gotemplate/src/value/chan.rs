//! Channels, as far as templates need them: something to receive from.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::Value;
use crate::types::{ChanDirection, Type};

/// A channel with what was sent to it before it was closed. A channel is never waited for.
#[derive(Debug)]
pub struct Chan {
    ty: Type,
    queue: Option<Mutex<VecDeque<Value>>>,
    capacity: usize,
}

impl Chan {
    /// A closed channel that still holds `items`.
    pub fn closed(elem: Type, direction: ChanDirection, items: impl IntoIterator<Item = Value>) -> Self {
        let queue: VecDeque<Value> = items.into_iter().collect();
        Self { ty: Type::chan(elem, direction), capacity: queue.len(), queue: Some(Mutex::new(queue)) }
    }

    /// A nil channel.
    pub fn nil(elem: Type, direction: ChanDirection) -> Self {
        Self { ty: Type::chan(elem, direction), queue: None, capacity: 0 }
    }

    /// Its type.
    pub fn type_of(&self) -> &Type {
        &self.ty
    }

    /// What the holder may do with it.
    pub fn direction(&self) -> ChanDirection {
        match &self.ty {
            Type::Chan(chan) => chan.direction,
            _ => ChanDirection::Both,
        }
    }

    /// Whether it is nil.
    pub fn is_nil(&self) -> bool {
        self.queue.is_none()
    }

    /// Takes the next item; `None` when nothing is left.
    pub fn receive(&self) -> Option<Value> {
        self.queue.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// Number of items that wait.
    pub fn len(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.lock().unwrap_or_else(PoisonError::into_inner).len())
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of items that it was made for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }
}
