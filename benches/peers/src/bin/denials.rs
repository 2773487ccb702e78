//! Whether the time to a denial tells why: unknown subject, wrong answers, all right but one.
//!
//! ```sh
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin denials            # 400 runs of each
//! cargo run --release --manifest-path benches/peers/Cargo.toml --bin denials -- 100
//! ```
//!
//! Each run is a whole check through the public verifier over a store in memory, with one Argon2id computation for each of
//! two questions, for a subject of its own that nobody tried before. The runs are interleaved. Every two kinds are
//! compared by Welch's t; |t| < 4.5 says that no difference was seen, and beside it stands the smallest difference that
//! would have been. Where the system tells it (Linux), the same for the time on the processor, which other programs disturb
//! less. A locked factor is denied without a computation, by design: it is reported apart.

use std::time::Instant;

use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::memory::MemoryStore;
use countersign::{Attempt, Authority, Change, Changed, Channel, Code, Context, Outcome, Settings, Subject, Timestamp, Verifier, delivered::Destination, knowledge::{AnswerHashes, Answers, QuestionId}, otp::Totp};

const RUNS: usize = 400;
/// Fewer runs have no variance to speak of.
const LEAST_RUNS: usize = 10;
const BOUND: f64 = 4.5;
const QUESTIONS: [(u16, &str); 4] = [(1, "Saint Hedwig"), (2, "Wodzisław"), (3, "Bluebell"), (4, "Anggrek")];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Unknown,
    Wrong,
    ButOne,
}

const KINDS: [(Kind, &str); 3] =
    [(Kind::Unknown, "unknown subject"), (Kind::Wrong, "wrong answers"), (Kind::ButOne, "all right but one")];

fn main() -> std::process::ExitCode {
    let runs = match std::env::args().nth(1).map(|text| text.parse::<usize>()) {
        None => RUNS,
        Some(Ok(runs)) if runs >= LEAST_RUNS => runs,
        Some(_) => {
            eprintln!("denials: the number of runs must be {LEAST_RUNS} or more");
            return std::process::ExitCode::from(2);
        }
    };
    let bank = Bank::open();
    let mut samples: [Vec<Sample>; 3] = Default::default();
    // The first runs fault the memory in.
    for run in 0..runs + LEAST_RUNS {
        for turn in 0..KINDS.len() {
            // Each kind follows each other one equally often.
            let kind = (turn * (1 + run / KINDS.len() % 2) + run) % KINDS.len();
            let sample = bank.denial(KINDS[kind].0, &format!("C-{run}-{kind}"));
            if run >= LEAST_RUNS {
                samples[kind].push(sample);
            }
        }
    }
    println!("{runs} runs of each, interleaved; two computations of Argon2id ({:?}) in each", bank.cost());
    let of = |clock: fn(&Sample) -> f64| samples.each_ref().map(|samples| samples.iter().map(clock).collect::<Vec<f64>>());
    let mut told = tells("by the clock", &of(|sample| sample.clock));
    let processor = of(|sample| sample.processor.unwrap_or(f64::NAN));
    if processor.iter().flatten().all(|time| time.is_finite()) {
        told |= tells("on the processor", &processor);
    }
    let locked: Vec<f64> = (0..runs.min(40)).map(|run| bank.locked(&format!("L-{run}")).clock).collect();
    println!("locked, by design without a computation\tmean {:.1} us", moments(&locked).0);
    println!("{}", if told { "TOLD: the time tells why" } else { "ok: no difference was seen" });
    std::process::ExitCode::from(u8::from(told))
}

/// Prints what one clock says of the kinds of denial; whether it tells any two apart.
fn tells(clock: &str, times: &[Vec<f64>; 3]) -> bool {
    println!("\n{clock}");
    for ((_, name), times) in KINDS.iter().zip(times) {
        let (mean, variance) = moments(times);
        println!("{name}\tmean {mean:.1} us\tdeviation {:.1} us", variance.sqrt());
    }
    let mut told = false;
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
        let ((mean_a, spread_a), (mean_b, spread_b)) = (moments(&times[a]), moments(&times[b]));
        let error = (spread_a / times[a].len() as f64 + spread_b / times[b].len() as f64).sqrt();
        let (difference, t) = (mean_a - mean_b, (mean_a - mean_b) / error);
        told |= t.abs() >= BOUND;
        println!(
            "{} / {}\tt = {t:+.2}\tdifference {difference:+.1} us\tsmallest that would be seen {:.1} us",
            KINDS[a].1,
            KINDS[b].1,
            BOUND * error
        );
    }
    told
}

/// How long something took, in microseconds.
struct Sample {
    clock: f64,
    processor: Option<f64>,
}

impl Sample {
    fn of<T>(work: impl FnOnce() -> T) -> (Self, T) {
        let (begun, processor) = (Instant::now(), on_processor());
        let result = work();
        let processor = on_processor().zip(processor).map(|(end, begin)| (end - begin) / 1e3);
        (Self { clock: begun.elapsed().as_secs_f64() * 1e6, processor }, result)
    }
}

/// Nanoseconds that this thread has run, by the kernel's own count.
fn on_processor() -> Option<f64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

/// Mean and variance.
fn moments(times: &[f64]) -> (f64, f64) {
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    (mean, squares / (times.len() as f64 - 1.0))
}

struct Bank {
    verifier: Verifier<MemoryStore>,
    verifiers: AnswerHashes,
    totp: Totp,
}

impl Bank {
    fn open() -> Self {
        let keyring = Keyring::new(RootKey::generate(1).unwrap(), LongTermSecret::generate(1).unwrap());
        let ids = QUESTIONS.map(|(id, _)| QuestionId::new(id));
        let settings = Settings::new("bank", keyring.clone()).unwrap().with_questions(&ids, 2).unwrap();
        let stretch = settings.hash_pool();
        // As many as an unknown subject seems to have enrolled.
        let answers = QUESTIONS[..3].iter().fold(Answers::new(), |all, (id, text)| all.and(QuestionId::new(*id), text));
        let verifiers = AnswerHashes::enrol(&answers, &keyring, stretch.cost(), &mut stretch.permit().unwrap()).unwrap();
        Self { verifier: Verifier::new(MemoryStore::new(), settings), verifiers, totp: Totp::generate().unwrap() }
    }

    fn cost(&self) -> countersign::hashing::Cost {
        self.verifier.settings().hash_pool().cost()
    }

    /// How long a denial of this kind takes.
    fn denial(&self, kind: Kind, name: &str) -> Sample {
        let subject = Subject::new("bank", name).unwrap();
        if kind != Kind::Unknown {
            self.enrol(&subject);
        }
        let attempt = self.attempt(&subject, kind);
        let ctx = call();
        let (sample, outcome) = Sample::of(|| self.verifier.check(&subject, &attempt, &ctx));
        assert!(matches!(outcome, Ok(Outcome::Denied)), "{outcome:?}");
        sample
    }

    fn attempt(&self, subject: &Subject, kind: Kind) -> Attempt {
        let asked = self.verifier.questions(subject).unwrap();
        let answers = asked.iter().enumerate().fold(Answers::new(), |all, (place, id)| {
            let right = QUESTIONS.iter().find(|(number, _)| *number == id.number()).unwrap().1;
            let is_right = kind == Kind::ButOne && place == 0;
            all.and(*id, if is_right { right } else { "Sheffield" })
        });
        Attempt::Questions(answers)
    }

    /// How long a refusal takes while the factor is locked.
    fn locked(&self, name: &str) -> Sample {
        let subject = Subject::new("bank", name).unwrap();
        self.enrol(&subject);
        let attempt = self.attempt(&subject, Kind::Wrong);
        loop {
            let ctx = call();
            match Sample::of(|| self.verifier.check(&subject, &attempt, &ctx).unwrap()) {
                (sample, Outcome::Locked(_)) => return sample,
                (_, outcome) => assert!(matches!(outcome, Outcome::Denied), "{outcome:?}"),
            }
        }
    }

    /// Everything that an unknown subject seems to have enrolled.
    fn enrol(&self, subject: &Subject) {
        let ctx = call();
        let change = |change: Change| {
            let changed = self.verifier.change(subject, &change, &Authority::Host, &ctx);
            assert!(matches!(changed, Ok(Changed::Done)), "{changed:?}");
        };
        self.verifier.create(subject, &ctx).unwrap();
        change(Change::AddTotp(self.totp.clone()));
        change(Change::ConfirmTotp(Code::typed(self.totp.code_at(Timestamp::now().unwrap()).expose_text())));
        change(Change::SetPhone(Destination::phone("+6281234567834").unwrap()));
        change(Change::SetQuestions(self.verifiers.clone()));
    }
}

fn call() -> Context {
    Context::begin(Channel::Agent).unwrap()
}
