//! What the targets of our TLS share: ends that are ready to go, a transport in memory, and records sealed with known
//! keys, so that what is inside of protected records is reached too.

pub mod ends;
pub mod seal;
pub mod wire;

/// Numbers and bytes taken off the front of a target's input; zeros once it is used up.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    pub fn u8(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    /// At most so many bytes.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Does something to `message`, which its length keeps or not.
    pub fn mutate(&mut self, message: &mut Vec<u8>) {
        let (what, place) = (self.u8(), usize::from(self.u16()) % message.len().max(1));
        match what % 7 {
            0 | 1 => {
                if let Some(byte) = message.get_mut(place) {
                    *byte ^= self.u8();
                }
            }
            2 => message.truncate(place),
            3 => {
                let count = self.u8().into();
                let inserted = self.bytes(count);
                message.splice(place..place, inserted.iter().copied());
            }
            4 => {
                let again = message[place..].to_vec();
                message.extend(again);
            }
            5 => {
                let end = message.len().min(place + usize::from(self.u8()));
                message.drain(place..end);
            }
            _ => {
                let count = self.u16().into();
                *message = self.bytes(count).to_vec();
            }
        }
    }
}
