//! The C functions, called in any order with what a program in C may give them: objects of each kind or none, bytes, lengths
//! that are refused, places that are not aligned, functions of the host that fail, and objects freed twice.
//!
//! What C may not do is not done: use what was freed, or say that memory is longer than it is. The address sanitizer sees each
//! byte that is read or written beside its block.
//!
//! After each call the contract is checked: no panic, and outputs that are written on success alone.
#![no_main]

use std::alloc::{Layout, alloc, dealloc};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use std::time::{Duration, Instant};

// Its functions are linked by their names.
use countersign as _;
use libfuzzer_sys::fuzz_target;

#[derive(Clone, Copy)]
enum Parameter {
    /// An object of this kind.
    Handle(usize),
    AnyHandle,
    /// A place for an object of this kind.
    To(usize),
    /// Elements of this size. `Length` follows.
    Input(usize),
    /// One or two lists of bytes to an element. `Length` follows.
    Parts(usize),
    /// Room for elements of this size. `Length` follows, as an input and an output.
    Buffer(usize),
    Length,
    /// A place for a value of this size.
    Place(usize),
    Number,
    User,
    Save,
    IsListed,
    Callbacks,
}

include!(concat!(env!("OUT_DIR"), "/c_functions.rs"));

const NOT_WRITTEN: u8 = 0xa5;

/// Texts beside the JSON forms that lead into functions.
const TEXTS: &[&str] = &[
    "bank", "C-1042", "anna", "account", "customers", "name", "123456", "755224", "287082", "00000000", "29.2.1984",
    "eleven purple elephants", "Nightingale", "n i g", "+49 30 901820", "maya@bank.example", "totp", "hotp", "bank_psd2",
    "ABCDE-FGHJK-MNPQR", "OCRA-1:HOTP-SHA1-6:QN08", "OCRA-1:HOTP-SHA256-8:C-QA10-PSHA1-S064-T1M",
    "otpauth://totp/Bank:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bank",
    "otpauth://hotp/Bank:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Bank&counter=0",
    "12345678901234567890", "12345678901234567890123456789012", "{\"action\": \"address.change\"}", POLICY,
    "{\"code\": \"private\"}", "{\"task\": \"authenticate\"}", "{\"realm\": \"bank\", \"catalogue\": \"english\"}", "\u{0}", "\u{202e}",
];

const POLICY: &str = "version = 1\ngrant_lifetime = 300\ntiers = [\"every\"]\n\
    [action.\"address.change\".every_tier]\nany = [{ all = [{ factor = \"totp\", max_age = 600 }] }]\n";

const NUMBERS: &[u64] = &[
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 20, 24, 30, 32, 60, 99, 255, 256, 65_535, 1_764_322_921,
    1_764_322_951, 253_402_300_799, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, i64::MAX as u64, 1 << 63, u64::MAX,
];

/// A block of exactly this many bytes, so that one more is seen.
struct Block {
    pointer: *mut u8,
    size: usize,
}

impl Block {
    const fn layout(size: usize) -> Layout {
        let size = if size == 0 { 1 } else { size };
        match Layout::from_size_align(size, 8) {
            Ok(layout) => layout,
            Err(_) => panic!("too large"),
        }
    }

    fn of(bytes: &[u8]) -> Self {
        let block = Self::filled(bytes.len());
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), block.pointer, bytes.len()) };
        block
    }

    fn filled(size: usize) -> Self {
        let layout = Self::layout(size);
        let pointer = unsafe { alloc(layout) };
        assert!(!pointer.is_null());
        unsafe { ptr::write_bytes(pointer, NOT_WRITTEN, layout.size()) };
        Self { pointer, size }
    }

    fn bytes(&self) -> &[u8] {
        unsafe { std::slice::from_raw_parts(self.pointer, self.size) }
    }

    fn read<const N: usize>(&self) -> [u8; N] {
        self.bytes()[..N].try_into().expect("so many bytes")
    }

    fn is_untouched(&self) -> bool {
        self.bytes().iter().all(|byte| *byte == NOT_WRITTEN)
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        unsafe { dealloc(self.pointer, Self::layout(self.size)) };
    }
}

/// The input, byte by byte. Zeros follow.
struct Data<'a>(&'a [u8]);

impl<'a> Data<'a> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn below(&mut self, count: usize) -> usize {
        (usize::from(self.byte()) << 8 | usize::from(self.byte())) % count
    }
}

/// A row of the host's table: the sealed bytes, and their time.
type Stored = (Vec<u8>, i64);

thread_local! {
    /// What functions of the host do next: the input once more.
    static WHIMS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static ROWS: RefCell<HashMap<[u8; 32], ([u8; 24], Stored)>> = RefCell::new(HashMap::new());
    /// A verifier that functions of the host call back, which they must not.
    static CALLED_BACK: Cell<*mut c_void> = const { Cell::new(ptr::null_mut()) };
}

/// Most often a function of the host does what it should.
fn whim() -> u8 {
    WHIMS.with_borrow_mut(Vec::pop).unwrap_or_default()
}

extern "C" fn save(_: *mut c_void, state: *const u8, length: usize) -> i32 {
    let state = unsafe { std::slice::from_raw_parts(state, length) };
    std::hint::black_box(state.iter().fold(0, |all, byte| all ^ byte));
    match whim() {
        0xf0.. => c::SAVE_CONFLICT,
        0xe8.. => -7,
        0xe0.. => 0,
        _ => c::SAVE_STORED,
    }
}

/// The answer of a function that has done it, unless this is its whim.
fn done_unless(fails: bool) -> i32 {
    if fails { 0 } else { c::CALLBACK_DONE }
}

extern "C" fn is_listed(_: *mut c_void, word: *const u8, length: usize) -> i32 {
    std::hint::black_box(unsafe { std::slice::from_raw_parts(word, length) }.first());
    match whim() {
        answer @ 0xf0.. => i32::from(answer % 4),
        _ => c::NOT_LISTED,
    }
}

extern "C" fn now(_: *mut c_void, moment: *mut i64) -> i32 {
    let whim = whim();
    let late = if whim > 0xf8 { i64::MIN } else { i64::from(whim) };
    unsafe { moment.write(1_764_322_921_i64.wrapping_add(late)) };
    done_unless(whim == 0xf8)
}

extern "C" fn audit(_: *mut c_void, event: *const u8, length: usize) -> i32 {
    assert_eq!(unsafe { event.add(length).read() }, 0, "a NUL follows");
    done_unless(whim() == 0xff)
}

#[repr(C)]
struct Record {
    bytes: *const u8,
    length: usize,
    version: *const u8,
    expires_at: i64,
}

fn key(key: *const u8) -> [u8; 32] {
    unsafe { key.cast::<[u8; 32]>().read() }
}

extern "C" fn load(_: *mut c_void, name: *const u8, entry: *mut c_void) -> i32 {
    let set = |bytes: &[u8], version: &[u8], expires_at: i64| {
        let (bytes, version) = (Block::of(bytes), Block::of(version));
        let arguments = [entry as u64, bytes.pointer as u64, bytes.size as u64, version.pointer as u64, version.size as u64, expires_at as u64];
        call(function("countersign_entry_set"), &arguments) as i32
    };
    let row = ROWS.with_borrow(|rows| rows.get(&key(name)).cloned());
    match (whim(), row) {
        (0xff, _) => return 0,
        (0xfe, _) => return set(b"garbage", &[7; 24], -1).signum(),
        (0xfd, Some((version, (bytes, expires_at)))) => {
            assert_ne!(set(&bytes, &version[1..], expires_at), c::OK);
        }
        (0xfc, Some((version, (mut bytes, expires_at)))) => {
            if let Some(last) = bytes.last_mut() {
                *last ^= 1;
            }
            assert_eq!(set(&bytes, &version, expires_at), c::OK);
        }
        (0xfb, _) => {
            let _ = call(function("countersign_verifier_purge"), &[CALLED_BACK.get() as u64, 0]);
        }
        (_, Some((version, (bytes, expires_at)))) => assert_eq!(set(&bytes, &version, expires_at), c::OK),
        (_, None) => return c::LOAD_NOTHING,
    }
    c::LOAD_FOUND
}

extern "C" fn replace(_: *mut c_void, name: *const u8, expected: *const u8, next: *const Record) -> i32 {
    if whim() == 0xff {
        return c::SAVE_CONFLICT;
    }
    let version = |from: *const u8| (!from.is_null()).then(|| unsafe { from.cast::<[u8; 24]>().read() });
    ROWS.with_borrow_mut(|rows| {
        if rows.get(&key(name)).map(|(version, _)| *version) != version(expected) {
            return c::SAVE_CONFLICT;
        }
        if next.is_null() {
            let _ = rows.remove(&key(name));
            return c::SAVE_STORED;
        }
        let next = unsafe { &*next };
        let bytes = unsafe { std::slice::from_raw_parts(next.bytes, next.length) }.to_vec();
        let stored = (bytes, next.expires_at);
        let _ = rows.insert(key(name), (version(next.version).expect("a version"), stored));
        c::SAVE_STORED
    })
}

extern "C" fn purge(_: *mut c_void, now: i64, dropped: *mut u64) -> i32 {
    let gone = ROWS.with_borrow_mut(|rows| rows.extract_if(|_, (_, (_, at))| *at <= now).count());
    unsafe { dropped.write(gone as u64) };
    done_unless(whim() == 0xff)
}

extern "C" fn scan(_: *mut c_void, after: *const u8, most: usize, keys: *mut [u8; 32], count: *mut usize) -> i32 {
    let after = (!after.is_null()).then(|| key(after));
    let mut all: Vec<_> = ROWS.with_borrow(|rows| rows.keys().copied().filter(|key| Some(*key) > after).collect());
    all.sort_unstable();
    let whim = whim();
    if whim == 0xfe {
        all.reverse();
    }
    for (place, key) in all.iter().take(most).enumerate() {
        unsafe { keys.add(place).write(*key) };
    }
    let more = if whim == 0xfd { usize::MAX } else { all.len().min(most) };
    unsafe { count.write(more) };
    done_unless(whim == 0xff)
}

/// The functions of a host, in the order of the header. One that is not known here is null.
fn callbacks() -> impl Iterator<Item = u64> {
    CALLBACKS.iter().map(|name| match *name {
        "load" => load as *const () as u64,
        "replace" => replace as *const () as u64,
        "purge" => purge as *const () as u64,
        "now" => now as *const () as u64,
        "audit" => audit as *const () as u64,
        "scan" => scan as *const () as u64,
        _ => 0,
    })
}

fn function(name: &str) -> unsafe extern "C" fn() {
    let row = FUNCTIONS.iter().find(|(known, ..)| *known == name);
    row.unwrap_or_else(|| panic!("there is no {name}")).1
}

/// Calls a function. Each argument is a pointer or a whole number, which take a register or a place on the stack each.
fn call(function: unsafe extern "C" fn(), arguments: &[u64]) -> u64 {
    type Any = unsafe extern "C" fn(u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64, u64) -> u64;
    let mut a = [0; 13];
    a[..arguments.len()].copy_from_slice(arguments);
    unsafe {
        let any = std::mem::transmute::<unsafe extern "C" fn(), Any>(function);
        any(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10], a[11], a[12])
    }
}

/// An output of a call, and how large it is.
enum Output {
    Object(Block, usize),
    Value(Block),
    /// A buffer with its length and the size of its elements, or none.
    Buffer(Option<Block>, Block, usize),
}

#[derive(Default)]
struct Session {
    live: Vec<(*mut c_void, usize)>,
    freed: Vec<*mut c_void>,
    /// What functions have written into buffers: sealed values, states, codes.
    written: Vec<Vec<u8>>,
}

/// The arguments of a call, and the memory that they lead to.
#[derive(Default)]
struct Arguments {
    values: Vec<u64>,
    inputs: Vec<Block>,
    outputs: Vec<Output>,
}

impl Session {
    fn object(&self, kind: usize, data: &mut Data<'_>) -> *mut c_void {
        let right: Vec<_> = self.live.iter().filter(|(_, of)| *of == kind).collect();
        match data.byte() {
            0xff => ptr::null_mut(),
            0xf8.. => self.live.get(data.below(self.live.len().max(1))).map_or(ptr::null_mut(), |object| object.0),
            choice => right.iter().rev().cycle().nth(choice.into()).map_or(ptr::null_mut(), |object| object.0),
        }
    }

    /// The bytes of an input, or none.
    fn bytes(&self, data: &mut Data<'_>) -> Option<Vec<u8>> {
        match data.byte() {
            choice @ 0..0x30 => TEXTS.get(usize::from(choice)).map(|text| text.as_bytes().to_vec()),
            choice @ 0x30..0x80 => FORMS.get(usize::from(choice) - 0x30).map(|form| form.as_bytes().to_vec()),
            0x80..0xc0 => self.written.get(data.below(self.written.len().max(1))).cloned(),
            0xc0..0xf8 => {
                let count = usize::from(data.byte());
                Some(data.take(count).to_vec())
            }
            _ => None,
        }
    }

    /// The pointer and the length of an input.
    fn input(&self, size: usize, data: &mut Data<'_>, inputs: &mut Vec<Block>) -> [u64; 2] {
        let block = Block::of(&self.bytes(data).unwrap_or_default());
        let (pointer, length) = (block.pointer as u64, (block.size / size) as u64);
        let is_empty = block.size == 0;
        inputs.push(block);
        match data.byte() {
            // Lengths that are refused before anything is read.
            0xff => [pointer, u64::MAX],
            0xfe => [pointer, (1 << 30) + 1],
            0xfd => [0, u64::MAX],
            0xfc => [0, length.max(1)],
            _ if is_empty => [0, 0],
            _ => [pointer, length],
        }
    }

    fn parts(&self, of: usize, data: &mut Data<'_>, inputs: &mut Vec<Block>) -> [u64; 2] {
        let count = usize::from(data.byte() % 5);
        let parts: Vec<u8> = (0..count * of).flat_map(|_| self.input(1, data, inputs)).flat_map(u64::to_ne_bytes).collect();
        let block = Block::of(&parts);
        let pointer = block.pointer as u64;
        inputs.push(block);
        match data.byte() {
            0xff => [pointer, u64::MAX],
            0xfe => [pointer, 1 << 60],
            0xfc => [0, count as u64],
            _ => [pointer, count as u64],
        }
    }

    fn callbacks(data: &mut Data<'_>) -> Block {
        let mut members = vec![0_u64; 512];
        let size = 8 * (2 + CALLBACKS.len()) as u64;
        members[0] = match data.byte() {
            0xff => u64::MAX,
            0xfe => 0,
            0xfd => size - 1,
            0xfc => 4_096,
            _ => size,
        };
        for (place, function) in members[2..].iter_mut().zip(callbacks()) {
            *place = if data.byte() == 0xff { 0 } else { function };
        }
        if data.byte() == 0xff {
            members[2 + CALLBACKS.len() + data.below(64)] = 1;
        }
        let bytes: Vec<u8> = members.into_iter().flat_map(u64::to_ne_bytes).collect();
        Block::of(&bytes)
    }

    fn arguments(&self, parameters: &[Parameter], data: &mut Data<'_>) -> Arguments {
        let mut all = Arguments::default();
        for parameter in parameters {
            match *parameter {
                Parameter::Handle(kind) => all.values.push(self.object(kind, data) as u64),
                Parameter::AnyHandle => {
                    let kind = data.below(OBJECTS.len());
                    all.values.push(self.object(kind, data) as u64);
                }
                Parameter::Input(size) => {
                    let input = self.input(size, data, &mut all.inputs);
                    all.values.extend(input);
                }
                Parameter::Parts(of) => {
                    let parts = self.parts(of, data, &mut all.inputs);
                    all.values.extend(parts);
                }
                Parameter::Length => {}
                Parameter::Number => {
                    let number = NUMBERS[usize::from(data.byte()) % NUMBERS.len()];
                    all.values.push(number);
                }
                Parameter::User => all.values.push(0),
                Parameter::Save => all.values.push(if data.byte() == 0xff { 0 } else { save as *const () as u64 }),
                Parameter::IsListed => all.values.push(if data.byte() > 0x80 { 0 } else { is_listed as *const () as u64 }),
                Parameter::Callbacks if data.byte() == 0xff => all.values.push(0),
                Parameter::Callbacks => {
                    let block = Self::callbacks(data);
                    all.values.push(block.pointer as u64);
                    all.inputs.push(block);
                }
                Parameter::To(kind) => {
                    let block = Block::filled(8);
                    all.values.push(place(&block, data));
                    all.outputs.push(Output::Object(block, kind));
                }
                Parameter::Place(size) => {
                    let block = Block::filled(size);
                    all.values.push(place(&block, data));
                    all.outputs.push(Output::Value(block));
                }
                Parameter::Buffer(size) => all.buffer(size, data),
            }
        }
        all
    }

    /// Calls a function, and checks what the contract promises.
    fn step(&mut self, index: usize, data: &mut Data<'_>) {
        let (name, function, parameters) = FUNCTIONS[index];
        if name == "countersign_free" {
            return self.free(data);
        }
        let arguments = self.arguments(parameters, data);
        let told = call(function, &arguments.values);
        if matches!(name, "countersign_strerror" | "countersign_version") {
            assert_ne!(told, 0, "{name}");
            return;
        }
        let result = told as i32;
        assert_ne!(result, c::ERROR_PANIC, "{name}");
        for output in arguments.outputs {
            match output {
                Output::Object(block, kind) if result == c::OK => {
                    let object = usize::from_ne_bytes(block.read()) as *mut c_void;
                    // A place that was null, or nothing to give.
                    if !block.is_untouched() && !object.is_null() {
                        self.live.push((object, kind));
                    }
                }
                Output::Object(block, _) => assert!(block.is_untouched(), "{name} failed, and gave an object"),
                Output::Value(block) => assert!(result == c::OK || block.is_untouched(), "{name} failed, and wrote a value"),
                Output::Buffer(buffer, length, size) => {
                    let written = usize::from_ne_bytes(length.read());
                    let room = buffer.as_ref().map_or(usize::MAX, |buffer| buffer.size / size);
                    match (result, buffer) {
                        (c::OK, Some(buffer)) if !length.is_untouched() => {
                            assert!(written <= room, "{name} wrote {written} where {room} have room");
                            let bytes = &buffer.bytes()[..written * size];
                            // A text ends with a NUL, which no input needs.
                            self.written.push(bytes.strip_suffix(&[0]).unwrap_or(bytes).to_vec());
                        }
                        (c::OK, _) => {}
                        (_, Some(buffer)) => assert!(buffer.is_untouched(), "{name} failed, and wrote a buffer"),
                        (..) => {}
                    }
                    if result == c::ERROR_BUFFER_TOO_SMALL {
                        assert!(written > room || parameters.iter().filter(|one| matches!(one, Parameter::Buffer(_))).count() > 1, "{name}");
                    }
                }
            }
        }
    }

    /// Frees an object, or what is none, or was freed before. An address may be given to another object since.
    fn free(&mut self, data: &mut Data<'_>) {
        let block = Block::filled(64);
        let pointer = match data.byte() {
            0xff => block.pointer.cast(),
            0xfe => self.freed.get(data.below(self.freed.len().max(1))).copied().unwrap_or_default(),
            0xfd => ptr::null_mut(),
            _ => self.live.get(data.below(self.live.len().max(1))).map_or(ptr::null_mut(), |object| object.0),
        };
        let result = call(function("countersign_free"), &[pointer as u64]) as i32;
        let place = self.live.iter().position(|(object, _)| *object == pointer);
        let expected = if pointer.is_null() || place.is_some() { c::OK } else { c::ERROR_HANDLE };
        assert_eq!(result, expected, "free");
        if let Some(place) = place {
            let _ = self.live.remove(place);
            if pointer == CALLED_BACK.get() {
                CALLED_BACK.set(ptr::null_mut());
            }
            self.freed.push(pointer);
        }
    }

    /// Makes what most functions need, by the functions themselves.
    fn begin(&mut self) {
        let kind = |name: &str| OBJECTS.iter().position(|known| *known == name).expect("a kind");
        let mut made = |name: &str, object: &str, arguments: &[u64]| {
            let place = Block::filled(8);
            let mut all = arguments.to_vec();
            all.push(place.pointer as u64);
            assert_eq!(call(function(name), &all) as i32, c::OK, "{name}");
            let pointer = usize::from_ne_bytes(place.read());
            self.live.push((pointer as *mut c_void, kind(object)));
            pointer as u64
        };
        let text = |text: &'static str| [text.as_ptr() as u64, text.len() as u64];
        let [secret, length] = text("12345678901234567890123456789012");
        let [short, twenty] = text("12345678901234567890");
        let keyring = made("countersign_keyring_new", "keyring", &[0, 1, secret, length, 1, secret, length]);
        let form = text(r#"{"realm": "bank", "catalogue": "english", "memorable_words": true, "accepts_worse_guess_chance": true}"#);
        let settings = made("countersign_settings_new", "settings", &[0, form[0], form[1], keyring]);
        let mut members = vec![8 * (2 + CALLBACKS.len()) as u64, 0];
        members.extend(callbacks());
        let verifier = made("countersign_verifier_open", "verifier", &[0, settings, 0, 0, members.as_ptr() as u64]);
        CALLED_BACK.set(verifier as *mut c_void);
        let policy = text(POLICY);
        let _ = made("countersign_policy_from_toml", "policy", &[0, policy[0], policy[1]]);
        let context = made("countersign_context_begin", "context", &[0, 6]);
        let totp = made("countersign_totp_new", "totp", &[0, short, twenty, 1, 6, 30]);
        let _ = made("countersign_hotp_new", "hotp", &[0, short, twenty, 1, 6, 3]);
        let _ = made("countersign_error_new", "error", &[]);
        let anna = text("anna");
        let result = call(function("countersign_verifier_create"), &[verifier, anna[0], anna[1], context]) as i32;
        assert_eq!(result, c::OK);
        let outcome = Block::filled(4);
        let added = [verifier, anna[0], anna[1], totp, 1, 0, context, outcome.pointer as u64, 0];
        assert_eq!(call(function("countersign_verifier_add_totp"), &added) as i32, c::OK);
    }
}

impl Arguments {
    fn buffer(&mut self, size: usize, data: &mut Data<'_>) {
        let room = [0, 1, 7, 16, 32, 64, 300, 4_096, 20_000][data.below(9)] * size;
        let length = Block::filled(8);
        let said = |count: u64| unsafe { length.pointer.cast::<u64>().write(count) };
        let buffer = Block::filled(room);
        let usual = (room / size) as u64;
        let (pointer, buffer) = match data.byte() {
            0xf0.. => {
                said(usual);
                (0, None)
            }
            0xe8.. => {
                // It reaches past the end of memory, and is refused.
                said(u64::MAX);
                (buffer.pointer as u64, Some(buffer))
            }
            _ => {
                said(usual);
                (buffer.pointer as u64, Some(buffer))
            }
        };
        self.values.push(pointer);
        let is_null = data.byte() == 0xff;
        self.values.push(if is_null { 0 } else { length.pointer as u64 });
        self.outputs.push(Output::Buffer(buffer, length, size));
    }
}

/// A place for a value: as it should be, null, or not aligned. The last has room, and is refused.
fn place(block: &Block, data: &mut Data<'_>) -> u64 {
    match data.byte() {
        0xff => 0,
        0xfe => block.pointer as u64 + 1,
        _ => block.pointer as u64,
    }
}

fuzz_target!(|data: &[u8]| {
    ROWS.with_borrow_mut(HashMap::clear);
    WHIMS.with_borrow_mut(Vec::clear);
    let mut session = Session::default();
    session.begin();
    WHIMS.with_borrow_mut(|whims| whims.extend(data.iter().rev()));
    let start = Instant::now();
    let mut data = Data(data);
    // Passwords take a while each.
    while !data.0.is_empty() && start.elapsed() < Duration::from_secs(1) {
        let index = data.below(FUNCTIONS.len());
        session.step(index, &mut data);
    }
    let free = function("countersign_free");
    for (object, kind) in &session.live {
        assert_eq!(call(free, &[*object as u64]) as i32, c::OK, "{}", OBJECTS[*kind]);
    }
    for (object, _) in session.live {
        assert_eq!(call(free, &[object as u64]) as i32, c::ERROR_HANDLE, "it was freed before");
    }
});
