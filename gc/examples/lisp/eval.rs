//! The machine: an expression or a value, and what is to be done with it (Felleisen and Friedman
//! 1986).

use std::collections::HashMap;

use synodic_gc::{Gc, Mutation, Trace};

use crate::read::{BEGIN, DEFINE, IF, LAMBDA, QUOTE, Symbols};
use crate::value::{Binding, Builtin, Closure, Globals, Pair, Scope, Symbol, Value, elements};

/// The whole state of a computation. All of it is in the heap or moves with it.
#[derive(Trace, Clone, Copy)]
pub(crate) struct Machine<'gc> {
    focus: Focus<'gc>,
    next: Next<'gc>,
}

#[derive(Trace, Clone, Copy)]
enum Focus<'gc> {
    Expression(Value<'gc>, Scope<'gc>),
    Value(Value<'gc>),
}

type Next<'gc> = Option<Gc<'gc, Frame<'gc>>>;

/// What is to be done with the next value, and then.
#[derive(Trace)]
struct Frame<'gc> {
    work: Work<'gc>,
    next: Next<'gc>,
}

#[derive(Trace, Clone, Copy)]
enum Work<'gc> {
    /// One of two expressions.
    Choose(Value<'gc>, Scope<'gc>),
    Define(Symbol),
    /// The rest of a sequence.
    Then(Value<'gc>, Scope<'gc>),
    /// The rest of a call's parts, and a list of the values of those before, the last one first.
    Call(Value<'gc>, Value<'gc>, Scope<'gc>),
}

pub(crate) enum Outcome<'gc> {
    More,
    Value(Value<'gc>),
    Error(&'static str),
}

impl<'gc> Machine<'gc> {
    pub(crate) fn new(expression: Value<'gc>) -> Self {
        Self {
            focus: Focus::Expression(expression, None),
            next: None,
        }
    }

    /// Does one small thing.
    pub(crate) fn step(&mut self, mc: &Mutation<'gc>, globals: &Globals<'gc>) -> Outcome<'gc> {
        let result = match (self.focus, self.next) {
            (Focus::Expression(expression, scope), _) => {
                self.evaluate(mc, globals, expression, scope)
            }
            (Focus::Value(value), None) => return Outcome::Value(value),
            (Focus::Value(value), Some(frame)) => {
                self.next = frame.next;
                self.resume(mc, globals, frame.work, value)
            }
        };
        match result {
            Ok(focus) => {
                self.focus = focus;
                Outcome::More
            }
            Err(error) => Outcome::Error(error),
        }
    }

    fn push(&mut self, mc: &Mutation<'gc>, work: Work<'gc>) {
        let next = self.next;
        self.next = Some(mc.alloc(Frame { work, next }));
    }

    fn evaluate(
        &mut self,
        mc: &Mutation<'gc>,
        globals: &Globals<'gc>,
        expression: Value<'gc>,
        scope: Scope<'gc>,
    ) -> Result<Focus<'gc>, &'static str> {
        let form = match expression {
            Value::Symbol(name) => return lookup(globals, scope, name).map(Focus::Value),
            Value::Pair(form) => form,
            constant => return Ok(Focus::Value(constant)),
        };
        let mut parts = elements(form.tail);
        let mut part = || parts.next().ok_or("a form is too short");
        match form.head {
            Value::Symbol(QUOTE) => Ok(Focus::Value(part()?)),
            Value::Symbol(IF) => {
                let condition = part()?;
                let Value::Pair(rest) = form.tail else {
                    return Err("an if is too short");
                };
                self.push(mc, Work::Choose(rest.tail, scope));
                Ok(Focus::Expression(condition, scope))
            }
            Value::Symbol(LAMBDA) => {
                let (parameters, body) = (part()?, part()?);
                Ok(Focus::Value(closure(mc, parameters, body, scope)))
            }
            Value::Symbol(BEGIN) => Ok(self.sequence(mc, form.tail, scope)),
            Value::Symbol(DEFINE) => match part()? {
                Value::Symbol(name) => {
                    let value = part()?;
                    self.push(mc, Work::Define(name));
                    Ok(Focus::Expression(value, scope))
                }
                Value::Pair(head) => {
                    let Value::Symbol(name) = head.head else {
                        return Err("a function has a name");
                    };
                    let function = closure(mc, head.tail, part()?, scope);
                    globals.values.borrow_mut(mc).insert(name, function);
                    Ok(Focus::Value(Value::Nothing))
                }
                _ => Err("what is defined has a name"),
            },
            head => {
                self.push(mc, Work::Call(form.tail, Value::Nil, scope));
                Ok(Focus::Expression(head, scope))
            }
        }
    }

    fn sequence(&mut self, mc: &Mutation<'gc>, body: Value<'gc>, scope: Scope<'gc>) -> Focus<'gc> {
        match body {
            Value::Pair(pair) => {
                if let Value::Pair(_) = pair.tail {
                    self.push(mc, Work::Then(pair.tail, scope));
                }
                Focus::Expression(pair.head, scope)
            }
            _ => Focus::Value(Value::Nil),
        }
    }

    fn resume(
        &mut self,
        mc: &Mutation<'gc>,
        globals: &Globals<'gc>,
        work: Work<'gc>,
        value: Value<'gc>,
    ) -> Result<Focus<'gc>, &'static str> {
        match work {
            Work::Choose(branches, scope) => {
                let place = usize::from(matches!(value, Value::Bool(false)));
                let branch = elements(branches).nth(place).ok_or("an if is too short")?;
                Ok(Focus::Expression(branch, scope))
            }
            Work::Define(name) => {
                globals.values.borrow_mut(mc).insert(name, value);
                Ok(Focus::Value(Value::Nothing))
            }
            Work::Then(rest, scope) => Ok(self.sequence(mc, rest, scope)),
            Work::Call(rest, before, scope) => {
                let values = Value::Pair(mc.alloc(Pair {
                    head: value,
                    tail: before,
                }));
                match rest {
                    Value::Pair(pair) => {
                        self.push(mc, Work::Call(pair.tail, values, scope));
                        Ok(Focus::Expression(pair.head, scope))
                    }
                    _ => call(mc, values),
                }
            }
        }
    }
}

/// Calls the last of the values with those before it.
fn call<'gc>(mc: &Mutation<'gc>, values: Value<'gc>) -> Result<Focus<'gc>, &'static str> {
    let mut arguments: Vec<_> = elements(values).collect();
    let function = arguments.pop();
    arguments.reverse();
    match function {
        Some(Value::Builtin(builtin)) => builtin(mc, &arguments).map(Focus::Value),
        Some(Value::Closure(closure)) => {
            let mut scope = closure.scope;
            for (parameter, value) in elements(closure.parameters).zip(arguments) {
                let Value::Symbol(name) = parameter else {
                    return Err("a parameter is a name");
                };
                let outer = scope;
                scope = Some(mc.alloc(Binding { name, value, outer }));
            }
            Ok(Focus::Expression(closure.body, scope))
        }
        _ => Err("this cannot be called"),
    }
}

fn closure<'gc>(
    mc: &Mutation<'gc>,
    parameters: Value<'gc>,
    body: Value<'gc>,
    scope: Scope<'gc>,
) -> Value<'gc> {
    Value::Closure(mc.alloc(Closure {
        parameters,
        body,
        scope,
    }))
}

fn lookup<'gc>(
    globals: &Globals<'gc>,
    scope: Scope<'gc>,
    name: Symbol,
) -> Result<Value<'gc>, &'static str> {
    let mut bindings = std::iter::successors(scope, |binding| binding.outer);
    match bindings.find(|binding| binding.name == name) {
        Some(binding) => Ok(binding.value),
        None => {
            let values = globals.values.borrow();
            values.get(&name).copied().ok_or("a name has no value")
        }
    }
}

/// The functions of the host, by their names.
pub(crate) fn builtins<'gc>(symbols: &mut Symbols) -> HashMap<Symbol, Value<'gc>> {
    let all: [(&str, Builtin); 7] = [
        ("+", |_, arguments| {
            numbers(arguments).map(|(a, b)| Value::Number(a.wrapping_add(b)))
        }),
        ("-", |_, arguments| {
            numbers(arguments).map(|(a, b)| Value::Number(a.wrapping_sub(b)))
        }),
        ("*", |_, arguments| {
            numbers(arguments).map(|(a, b)| Value::Number(a.wrapping_mul(b)))
        }),
        ("<", |_, arguments| {
            numbers(arguments).map(|(a, b)| Value::Bool(a < b))
        }),
        ("null?", |_, arguments| {
            Ok(Value::Bool(matches!(arguments, [Value::Nil])))
        }),
        ("car", |_, arguments| pair(arguments).map(|pair| pair.head)),
        ("cdr", |_, arguments| pair(arguments).map(|pair| pair.tail)),
    ];
    let cons: Builtin = |mc, arguments| match *arguments {
        [head, tail] => Ok(Value::Pair(mc.alloc(Pair { head, tail }))),
        _ => Err("cons takes two values"),
    };
    let all = all.into_iter().chain([("cons", cons)]);
    all.map(|(name, builtin)| (symbols.number(name), Value::Builtin(builtin)))
        .collect()
}

fn numbers(arguments: &[Value<'_>]) -> Result<(i64, i64), &'static str> {
    match *arguments {
        [Value::Number(a), Value::Number(b)] => Ok((a, b)),
        _ => Err("two numbers are needed"),
    }
}

fn pair<'gc>(arguments: &[Value<'gc>]) -> Result<Gc<'gc, Pair<'gc>>, &'static str> {
    match *arguments {
        [Value::Pair(pair)] => Ok(pair),
        _ => Err("a pair is needed"),
    }
}
