//! The lock-free parts, in every order that their threads may take.

use loom::model::Builder;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use loom::thread;
use sslmode_models::append::{Added, Append};
use sslmode_models::cell::ModeCell;
use sslmode_models::doubt;
use sslmode_models::mode::Width;
use sslmode_models::table::Table;
use std::ptr;

/// Every order with at most so many switches that no thread asked for; two find nearly all there is to find.
const SWITCHES: usize = 3;

fn in_every_order(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(SWITCHES);
    builder.check(model);
}

/// Two threads, to their end.
fn both(one: impl FnOnce() + 'static, other: impl FnOnce() + 'static) {
    let other = thread::spawn(other);
    one();
    other.join().unwrap();
}

/// One bucket, so that all addresses meet.
fn new_table() -> Arc<Table<1>> {
    Arc::new(Table::of([AtomicPtr::new(ptr::null_mut())]))
}

/// Its entries are loom's too, so that one that is seen too early is noticed.
type List = Append<AtomicUsize, 2>;

fn new_list() -> Arc<List> {
    Arc::new(Append::of(std::array::from_fn(|_| AtomicPtr::new(ptr::null_mut()))))
}

fn number(entry: &AtomicUsize) -> usize {
    entry.load(Ordering::Relaxed)
}

fn add_to(list: &List, new: usize) -> Added<'_, AtomicUsize> {
    list.add(Box::new(AtomicUsize::new(new)), |known| number(known) == new)
}

#[test]
fn addresses_of_two_threads() {
    in_every_order(|| {
        let table = new_table();
        let own = |table: Arc<Table<1>>, address, number| {
            move || {
                table.insert(address, number);
                assert_eq!(table.number(address), Some(number));
                table.remove(address);
                assert_eq!(table.number(address), None);
                table.insert(address, number + 1);
            }
        };
        both(own(table.clone(), 0x10, 1), own(table.clone(), 0x20, 5));
        assert_eq!((table.number(0x10), table.number(0x20)), (Some(2), Some(6)));
    });
}

/// An entry that is freed and taken again, while somebody looks.
#[test]
fn a_reader_never_sees_the_number_of_another_address() {
    in_every_order(|| {
        let table = new_table();
        table.insert(0x10, 1);
        let (writer, reader) = (table.clone(), table.clone());
        both(
            move || {
                writer.remove(0x10);
                writer.insert(0x20, 2);
            },
            move || {
                assert!(matches!(reader.number(0x10), None | Some(1)));
                assert!(matches!(reader.number(0x20), None | Some(2)));
            },
        );
        assert_eq!((table.number(0x10), table.number(0x20)), (None, Some(2)));
    });
}

/// What is kept of a handle that ended is not kept of the next one in its entry.
#[test]
fn a_new_entry_is_empty() {
    in_every_order(|| {
        let table = new_table();
        let first = |table: Arc<Table<1>>, address| {
            move || {
                let entry = table.insert(address, 1).unwrap();
                assert!(entry.own().load(Ordering::Relaxed) == 0 && entry.meet() && !entry.meet());
                entry.own().store(5, Ordering::Relaxed);
                table.remove(address);
            }
        };
        both(first(table.clone(), 0x10), first(table.clone(), 0x20));
    });
}

/// Two threads make calls on a handle that neither saw being made.
#[test]
fn an_address_that_both_put_in() {
    in_every_order(|| {
        let table = new_table();
        let insert = |table: Arc<Table<1>>| {
            move || {
                table.insert(0x10, 3);
            }
        };
        both(insert(table.clone()), insert(table.clone()));
        assert_eq!(table.number(0x10), Some(3));
        table.remove(0x10);
        assert_eq!(table.number(0x10), None);
    });
}

#[test]
fn only_one_is_first_to_meet_an_entry() {
    in_every_order(|| {
        let (table, firsts) = (new_table(), Arc::new(AtomicUsize::new(0)));
        table.insert(0x10, 1);
        let meet = |table: Arc<Table<1>>, firsts: Arc<AtomicUsize>| {
            move || {
                if table.get(0x10).unwrap().meet() {
                    firsts.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        both(meet(table.clone(), firsts.clone()), meet(table, firsts.clone()));
        assert_eq!(firsts.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn a_list_takes_each_entry_once() {
    in_every_order(|| {
        let list = new_list();
        let add = |list: Arc<List>, first, second| {
            move || {
                for new in [first, second] {
                    match add_to(&list, new) {
                        Added::New(entry) | Added::Known(entry) => assert_eq!(number(entry), new),
                        Added::Full => panic!("there is room for both"),
                    }
                    assert!(list.all().any(|entry| number(entry) == new));
                }
            }
        };
        both(add(list.clone(), 1, 2), add(list.clone(), 2, 1));
        assert_eq!(list.all().map(number).sum::<usize>(), 3);
        assert!(matches!(add_to(&list, 3), Added::Full));
    });
}

/// The short cut to the only libssl (`host/owner.rs`, `abi/forward.rs`) and the second libssl (`host/registry.rs`).
#[test]
fn a_short_cut_does_not_survive_a_second_libssl() {
    in_every_order(|| {
        let (list, short_cut) = (new_list(), Arc::new(AtomicUsize::new(0)));
        let _ = add_to(&list, 1);
        let review = |list: &List, short_cut: &AtomicUsize| {
            doubt::review(|| list.at(1).is_some(), || short_cut.store(0, Ordering::SeqCst))
        };
        let (takes, meets) = ((list.clone(), short_cut.clone()), (list.clone(), short_cut.clone()));
        both(
            move || {
                let (list, short_cut) = takes;
                if list.at(1).is_none() {
                    short_cut.store(1, Ordering::SeqCst);
                }
                review(&list, &short_cut);
            },
            move || {
                let (list, short_cut) = meets;
                let _ = add_to(&list, 2);
                assert!(review(&list, &short_cut));
            },
        );
        assert_eq!(short_cut.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a_mask_loses_no_bit() {
    in_every_order(|| {
        let cell = Arc::new(ModeCell::new(Width::BITS_32, 0b100));
        let (one, other) = (cell.clone(), cell.clone());
        both(
            move || {
                assert_eq!(one.set(0b001) & 0b001, 0b001);
                assert_eq!(one.clear(0b100) & 0b101, 0b001);
            },
            move || {
                assert_eq!(other.set(0b010) & 0b010, 0b010);
                assert_eq!(other.get() & 0b010, 0b010);
            },
        );
        assert_eq!(cell.get(), 0b011);
    });
}
