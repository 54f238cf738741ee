//! Makes a sequence that shows something as short and plain as it can.

use crate::script::{Op, Sequence};

/// The sequences tried at the most.
const TRIES: usize = 3_000;

/// The plainest sequence found for which `shows` still holds.
pub fn shrink(sequence: Sequence, mut shows: impl FnMut(&Sequence) -> bool) -> Sequence {
    let mut best = sequence;
    let mut tries = 0;
    loop {
        let plainer = candidates(&best).into_iter().find(|candidate| {
            tries += 1;
            tries <= TRIES && shows(candidate)
        });
        match plainer {
            Some(candidate) => best = candidate,
            None => return best,
        }
    }
}

/// Sequences that are plainer in one respect, those that are much plainer first.
fn candidates(sequence: &Sequence) -> Vec<Sequence> {
    let mut all = Vec::new();
    let length = sequence.ops.len();
    for size in [length / 2, length / 4, 2, 1] {
        if size == 0 {
            continue;
        }
        for start in (0..length).step_by(size) {
            let mut shorter = sequence.clone();
            shorter.ops.drain(start..(start + size).min(length));
            all.push(shorter);
        }
    }
    for (index, op) in sequence.ops.iter().enumerate() {
        for plainer in plainer_ops(*op) {
            let mut changed = sequence.clone();
            changed.ops[index] = plainer;
            all.push(changed);
        }
    }
    if sequence.setting.room != 17_000 {
        let mut usual = sequence.clone();
        usual.setting.room = 17_000;
        all.push(usual);
    }
    if sequence.setting.read_ahead {
        let mut usual = sequence.clone();
        usual.setting.read_ahead = false;
        all.push(usual);
    }
    all
}

fn plainer_ops(op: Op) -> Vec<Op> {
    match op {
        Op::Write { moved, offset, length } => {
            let mut plainer = Vec::new();
            if offset > 0 {
                plainer.push(Op::Write { moved, offset: 0, length });
            }
            if moved {
                plainer.push(Op::Write { moved: false, offset, length });
            }
            let rounder = [1, 10, 1_000, 20_000, 40_000].into_iter().filter(|round| *round < length);
            plainer.extend(rounder.map(|length| Op::Write { moved, offset, length }));
            if length < -1 {
                plainer.push(Op::Write { moved, offset, length: -1 });
            }
            plainer
        }
        Op::WriteEx { moved, offset, length } => vec![Op::Write { moved, offset, length: length as i32 }],
        // One bit after the other.
        Op::Set(mask) => bits(mask).map(|bit| Op::Set(mask & !bit)).collect(),
        Op::Clear(mask) => bits(mask).map(|bit| Op::Clear(mask & !bit)).collect(),
        Op::Drain(bytes) if bytes > 1 => vec![Op::Drain(1)],
        _ => Vec::new(),
    }
}

fn bits(mask: i64) -> impl Iterator<Item = i64> {
    (0..64).map(|bit| 1 << bit).filter(move |bit| mask & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Setting;

    #[test]
    fn what_matters_is_left() {
        let sequence: Sequence = "Tls12 1000 1; set 0x3; write moved 500 40000; drain 594; clear 0x2; \
                                  write first 300 20000; read 5"
            .parse()
            .unwrap();
        let shows = |it: &Sequence| {
            it.ops.iter().any(|op| matches!(op, Op::Write { length, .. } if *length > 15_000))
                && it.ops.iter().any(|op| matches!(op, Op::Clear(mask) if mask & 2 != 0))
        };
        let shrunk = shrink(sequence, shows);
        let expected = Sequence {
            setting: Setting { room: 17_000, read_ahead: false, ..shrunk.setting },
            ops: vec![Op::Clear(2), Op::Write { moved: false, offset: 0, length: 20_000 }],
        };
        assert_eq!(shrunk, expected);
    }
}
