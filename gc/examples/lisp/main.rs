//! A small Lisp whose data, environments and continuations all live in a collected heap.
//!
//! It recurses as deep as memory goes, because its stack is in the heap as well, and it collects
//! wherever it happens to be: `Heap::run` carries its state from one section to the next.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program shows what it did")]

mod eval;
mod read;
mod value;

use std::cell::RefCell;

use synodic_gc::{GcRefCell, Heap, HeapError, HeapOptions, Rootable, Step};

use eval::{Machine, Outcome};
use read::Symbols;
use value::{Globals, Value};

const PROGRAM: &str = "
    (define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
    (fib 22)
    (define (range a b) (if (< a b) (cons a (range (+ a 1) b)) (quote ())))
    (define (sum list) (if (null? list) 0 (+ (car list) (sum (cdr list)))))
    (sum (range 0 100000))
    (define (map f list)
      (if (null? list) list (cons (f (car list)) (map f (cdr list)))))
    (map (lambda (n) (* n n)) (range 1 8))
    (define (adder n) (lambda (m) (+ n m)))
    ((adder 3) 4)
    (define (repeat n) (if (< n 1) (quote done) (begin (sum (range 0 1000)) (repeat (- n 1)))))
    (repeat 250)
    (car 1)
";

fn main() -> Result<(), HeapError> {
    let symbols = RefCell::new(Symbols::new());
    // The smallest nursery there is, so that there are many collections to see.
    let options = HeapOptions::new()
        .min_semi_space_size(1)
        .max_semi_space_size(1);
    let mut heap = Heap::<Rootable![Globals<'_>]>::new(options, |_| Globals {
        values: GcRefCell::new(eval::builtins(&mut symbols.borrow_mut())),
    })?;
    let mut rest = PROGRAM;
    while let Some(source) = read::next_form(&mut rest) {
        let result = heap.run::<Rootable![Machine<'_>], _>(
            |mc, _| Machine::new(read::parse(mc, &mut symbols.borrow_mut(), source)),
            |mc, globals, mut machine| loop {
                if mc.gc_pending() {
                    return Step::Yield(machine);
                }
                match machine.step(mc, globals) {
                    Outcome::More => {}
                    Outcome::Value(Value::Nothing) => return Step::Done(None),
                    Outcome::Value(value) => return Step::Done(Some(symbols.borrow().show(value))),
                    Outcome::Error(error) => return Step::Done(Some(error.to_string())),
                }
            },
        );
        if let Some(result) = result {
            println!("{} => {result}", source.trim());
        }
    }
    let statistics = heap.statistics();
    println!(
        "{} minor and {} full collections",
        statistics.minor_collections, statistics.full_collections
    );
    Ok(())
}
