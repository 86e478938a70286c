//! Whatever order requests, answers, webhooks, cancellations and dispatches come in, the money ends up in one place.

use std::collections::VecDeque;

use kernel::{Currency, Money, OrderId};
use proptest::prelude::*;

use super::payment::{Command, Event, Fact, Payment, Stage, Wish, decide, evolve};
use super::work::{Job, Look, Seen, SeenStatus, Step, due, next};

/// A provider as strict as the real one, which has forgotten its idempotency keys: asked twice for an
/// authorization, it charges twice.
#[derive(Debug, Default)]
struct Provider {
    fact: Option<Fact>,
    declines: bool,
    asked: u32,
    webhooks: Vec<Fact>,
}

impl Provider {
    fn seen(&self) -> Option<Seen> {
        let status = SeenStatus::Settled(self.fact.clone()?);
        Some(Seen { authorization: "aut_1".into(), status })
    }

    fn become_so(&mut self, fact: Fact) -> Fact {
        if self.fact.as_ref() != Some(&fact) {
            self.webhooks.push(fact.clone());
        }
        self.fact = Some(fact.clone());
        fact
    }

    /// Carries out a step; `Err` where the real one would refuse.
    fn perform(&mut self, step: &Step) -> Result<Fact, ()> {
        self.asked += u32::from(*step == Step::Authorize);
        let refused = Fact::Declined { reason: "no".into() };
        let to = match (step, self.fact.clone()) {
            (Step::Authorize, Some(known)) => return Ok(known),
            (Step::Authorize, None) if self.declines => refused,
            (Step::Authorize, None) => Fact::Authorized,
            (Step::Capture(_), Some(Fact::Authorized | Fact::Captured)) => Fact::Captured,
            (Step::Void(_), Some(Fact::Authorized | Fact::Voided)) => Fact::Voided,
            (Step::Refund(_), Some(Fact::Captured | Fact::Refunded)) => Fact::Refunded,
            _ => return Err(()),
        };
        Ok(self.become_so(to))
    }
}

/// What can happen next.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Requested,
    Cancelled,
    Dispatched,
    /// The first job in line runs to its end.
    Job,
    /// The first job in line is carried out, and its answer is lost.
    JobUnheard,
    /// Some webhook comes, perhaps once more.
    Webhook(usize),
}

#[derive(Debug)]
struct World {
    payment: Payment,
    order: OrderId,
    /// What is known of the order before the payment is bound to it.
    early: Wish,
    provider: Provider,
    jobs: VecDeque<(Job, bool)>,
    said: Vec<Event>,
}

impl World {
    fn new(declines: bool) -> Self {
        let amount = Money::new(1990, Currency::EUR);
        let (stage, wish) = (Stage::Prepared, Wish::Hold);
        Self {
            payment: Payment { principal: "acc_1".into(), amount, order: None, stage, wish },
            order: OrderId::new(),
            early: Wish::Hold,
            provider: Provider { declines, ..Provider::default() },
            jobs: VecDeque::new(),
            said: Vec::new(),
        }
    }

    fn execute(&mut self, command: Command) {
        let events = decide(&self.payment, command).unwrap();
        self.payment = events.iter().fold(self.payment.clone(), evolve);
        self.jobs.extend(due(&self.payment, &events).map(|job| (job, false)));
        self.said.extend(events);
    }

    fn of_order(&mut self, wish: Wish, command: Command) {
        if self.payment.order.is_none() {
            self.early = self.early.max(wish);
        } else {
            self.execute(command);
        }
    }

    fn happen(&mut self, what: Happening) {
        match what {
            Happening::Requested => {
                let (order, amount) = (self.order, self.payment.amount);
                let principal = self.payment.principal.clone();
                self.execute(Command::Request { order, amount, principal, wish: self.early });
            }
            Happening::Cancelled => self.of_order(Wish::Release, Command::Cancel),
            Happening::Dispatched => self.of_order(Wish::Take, Command::Dispatch),
            Happening::Job => self.run(true),
            Happening::JobUnheard => self.run(false),
            Happening::Webhook(which) => {
                let all = &self.provider.webhooks;
                if let Some(fact) = all.get(which % all.len().max(1)).cloned() {
                    self.execute(Command::Report(fact));
                }
            }
        }
    }

    /// The worker's loop, with `next` deciding every step.
    fn run(&mut self, heard: bool) {
        let Some((job, again)) = self.jobs.front().copied() else { return };
        let mut look = if again { Look::Again } else { Look::First };
        let fact = loop {
            match next(job, &self.payment, Some("aut_1"), look) {
                Step::Find => look = Look::Found(self.provider.seen()),
                Step::Wait => panic!("this provider is never slow"),
                Step::Done(fact) => break fact,
                step @ (Step::Authorize | Step::Capture(_) | Step::Void(_) | Step::Refund(_)) => {
                    match self.provider.perform(&step) {
                        Ok(_) if !heard => {
                            self.jobs[0].1 = true;
                            return;
                        }
                        Ok(fact) => break Some(fact),
                        Err(()) => look = Look::Found(self.provider.seen()),
                    }
                }
            }
        };
        self.jobs.pop_front();
        if let Some(fact) = fact {
            self.execute(Command::Report(fact));
        }
    }

    fn work_off(&mut self) {
        while !self.jobs.is_empty() {
            self.run(true);
        }
    }

    fn times(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.said.iter().filter(|event| wanted(event)).count()
    }
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        2 => Just(Happening::Requested),
        1 => Just(Happening::Cancelled),
        1 => Just(Happening::Dispatched),
        3 => Just(Happening::Job),
        2 => Just(Happening::JobUnheard),
        3 => (0..8_usize).prop_map(Happening::Webhook),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_money_ends_in_one_place(
        declines in proptest::bool::weighted(0.2),
        happenings in proptest::collection::vec(happening(), 0..24),
    ) {
        let mut world = World::new(declines);
        for what in &happenings {
            world.happen(*what);
        }
        // In the end everything arrives: the order's wish, all jobs, all webhooks twice.
        world.happen(Happening::Requested);
        let dispatched = happenings.iter().any(|one| matches!(one, Happening::Dispatched));
        if !dispatched {
            world.happen(Happening::Cancelled);
        }
        for _ in 0..2 {
            world.work_off();
            for which in 0..world.provider.webhooks.len() {
                world.happen(Happening::Webhook(which));
            }
        }
        world.work_off();

        let cancelled = world.payment.wish == Wish::Release;
        let captured = world.times(|event| *event == Event::Captured);
        let voided = world.times(|event| *event == Event::Voided);
        let declined = world.times(|event| matches!(event, Event::Declined { .. }));
        let refunded = world.times(|event| *event == Event::Refunded);
        prop_assert_eq!(captured + voided + declined, 1, "{:?}", world.said);
        prop_assert!(world.provider.asked <= 1, "the card was asked twice");
        prop_assert!(world.times(|event| *event == Event::Authorized) <= 1);
        prop_assert_eq!(refunded, usize::from(captured == 1 && cancelled));
        let held = matches!(world.provider.fact, Some(Fact::Authorized | Fact::Captured));
        prop_assert_eq!(held, captured == 1 && !cancelled, "{:?}", world.provider);
    }
}
