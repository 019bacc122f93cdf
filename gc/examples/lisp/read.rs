//! From text to values, and back.

use synodic_gc::Mutation;

use crate::value::{Pair, Symbol, Value, elements};

/// Names and their numbers. The first few are those of the special forms.
pub(crate) struct Symbols {
    names: Vec<String>,
}

pub(crate) const QUOTE: Symbol = 0;
pub(crate) const IF: Symbol = 1;
pub(crate) const DEFINE: Symbol = 2;
pub(crate) const LAMBDA: Symbol = 3;
pub(crate) const BEGIN: Symbol = 4;

impl Symbols {
    pub(crate) fn new() -> Self {
        let names = ["quote", "if", "define", "lambda", "begin"];
        Self {
            names: names.map(str::to_owned).into(),
        }
    }

    pub(crate) fn number(&mut self, name: &str) -> Symbol {
        let known = self.names.iter().position(|other| other == name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        Symbol::try_from(place).expect("a program has fewer names")
    }

    pub(crate) fn show(&self, value: Value<'_>) -> String {
        match value {
            Value::Nothing => String::new(),
            Value::Nil => "()".to_owned(),
            Value::Bool(truth) => truth.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Symbol(symbol) => self.names[symbol as usize].clone(),
            Value::Closure(_) | Value::Builtin(_) => "<function>".to_owned(),
            Value::Pair(_) => {
                let shown: Vec<_> = elements(value).map(|element| self.show(element)).collect();
                format!("({})", shown.join(" "))
            }
        }
    }
}

/// Cuts the next form off the front of a program.
pub(crate) fn next_form<'a>(program: &mut &'a str) -> Option<&'a str> {
    *program = program.trim_start();
    let mut depth = 0;
    for (at, letter) in program.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let (form, rest) = program.split_at(at + 1);
            *program = rest;
            return Some(form);
        }
    }
    None
}

/// Makes values of a form.
pub(crate) fn parse<'gc>(mc: &Mutation<'gc>, symbols: &mut Symbols, source: &str) -> Value<'gc> {
    let spaced = source.replace('(', " ( ").replace(')', " ) ");
    let mut lists = vec![Vec::new()];
    for token in spaced.split_whitespace() {
        let value = match token {
            "(" => {
                lists.push(Vec::new());
                continue;
            }
            ")" => list(mc, lists.pop().unwrap_or_default()),
            token => match token.parse() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Symbol(symbols.number(token)),
            },
        };
        match lists.last_mut() {
            Some(list) => list.push(value),
            None => return value,
        }
    }
    lists.into_iter().flatten().next().unwrap_or(Value::Nil)
}

/// Makes a list.
pub(crate) fn list<'gc>(mc: &Mutation<'gc>, elements: Vec<Value<'gc>>) -> Value<'gc> {
    let cons = |tail, head| Value::Pair(mc.alloc(Pair { head, tail }));
    elements.into_iter().rev().fold(Value::Nil, cons)
}
