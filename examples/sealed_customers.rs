//! A table of customers whose columns are sealed: found by blind index, shown masked, and one of them erased.
//!
//! ```sh
//! cargo run --example sealed_customers
//! ```
//!
//! The table is in memory. The program prints each step, and stops with an error if anything is not as it says.
#![allow(clippy::print_stdout, reason = "an example prints")]

use countersign::field::{
    BlindIndex, IndexPlan, Keyring, LongTermSecret, RootKey, Row, SubjectKey,
};
use countersign::{Subject, mask, text::Form};
use rusqlite::{Connection, OptionalExtension, params};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Keys are in a table of their own, so that its backups can be kept shorter than those of the data.
const TABLES: &str = "
    PRAGMA secure_delete = ON;
    CREATE TABLE customers (
        number TEXT PRIMARY KEY, name BLOB NOT NULL, phone BLOB NOT NULL, phone_index BLOB, born BLOB NOT NULL
    ) STRICT;
    CREATE INDEX by_phone ON customers (phone_index);
    CREATE TABLE subject_keys (number TEXT PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
";

const MAYAS_PHONE: &str = "+62 812 3456 7834";
const CUSTOMERS: [(&str, &str, &str, &str); 4] = [
    ("C-1042", "Maya Sari", MAYAS_PHONE, "1984-02-29"),
    (
        "C-1043",
        "Zoë van der Berg",
        "+31 6 1234 5678",
        "1971-11-03",
    ),
    ("C-1044", "李小龍", "+852 2345 6789", "1990-07-20"),
    ("C-1045", "Søren Ø", "+45 20 12 34 56", "2001-12-05"),
];

fn main() -> Result<()> {
    let first = RootKey::generate(1)?;
    let status = LongTermSecret::generate(1)?;
    let keyring = Keyring::new(first.clone(), status.clone());

    println!("── What an index tells ──");
    let plan = IndexPlan::unique(200_000)?;
    println!("telephone numbers: {plan}");
    let plan = plan.with_bits(32);
    println!("with more bits:    {plan}");
    // Few bits, so that this small table has false hits to show.
    let phones = index(&keyring, 2)?;

    let bank = Bank {
        connection: Connection::open_in_memory()?,
        phones,
    };
    bank.connection.execute_batch(TABLES)?;
    for customer in CUSTOMERS {
        bank.add(customer, &keyring)?;
    }
    println!("\n── The table, as a thief of the database sees it ──");
    bank.print_raw()?;

    println!("\n── A caller gives the number +31-6-12345678 ──");
    let found = bank.search("+31-6-12345678", &keyring)?;
    println!("found {found:?}");
    expect(found == ["C-1043"], "the search finds whom it should")?;

    println!("\n── What the agent's screen shows ──");
    for (number, ..) in CUSTOMERS {
        println!("{number}  {}", bank.screen(number, &keyring)?);
    }

    println!("\n── An index value is exchanged for another ──");
    let swap = "UPDATE customers SET phone_index = ?2 WHERE number = ?1";
    let own = bank.phones.of(MAYAS_PHONE)?;
    let mut swapped = own.clone();
    swapped.iter_mut().for_each(|byte| *byte ^= 0x80);
    bank.connection.execute(swap, params!["C-1042", swapped])?;
    let told = bank
        .open("C-1042", &keyring)
        .err()
        .ok_or("a swapped index opened")?;
    println!("C-1042: {told}");
    bank.connection.execute(swap, params!["C-1042", own])?;

    println!("\n── C-1042 asks to be forgotten ──");
    let backup_of_keys = bank.wrapped("C-1042")?.ok_or("no key")?;
    bank.erase("C-1042", &keyring)?;
    let told = bank
        .open("C-1042", &keyring)
        .err()
        .ok_or("an erased customer opened")?;
    println!("her row is still there; opening it: {told}");
    expect(
        bank.search(MAYAS_PHONE, &keyring)?.is_empty(),
        "nobody finds her",
    )?;
    bank.open("C-1043", &keyring)?;
    println!("the others open as before");

    println!("\n── What that is worth ──");
    let opens = |ring: &Keyring| bank.open_with("C-1042", &backup_of_keys, ring).is_ok();
    expect(
        opens(&keyring),
        "a backup of the key table still opens her row",
    )?;
    println!("a backup of the key table still opens her row, so backups have to end:");
    let second = RootKey::generate(2)?;
    bank.rewrap(&keyring.clone().rotated_to(second.clone())?)?;
    let revoked = Keyring::new(second, status).with_revoked(first)?;
    expect(
        !opens(&revoked),
        "the backup opens nothing once its root is revoked",
    )?;
    expect(
        bank.open("C-1043", &revoked).is_ok(),
        "the others open under the new root",
    )?;
    println!(
        "the survivors' keys are wrapped under root 2, root 1 is revoked: the backup opens nothing"
    );
    Ok(())
}

struct Bank {
    connection: Connection,
    phones: BlindIndex,
}

/// A customer's fields, opened.
struct Customer {
    name: String,
    phone: String,
    born: String,
}

impl Bank {
    fn add(&self, customer: (&str, &str, &str, &str), keyring: &Keyring) -> Result<()> {
        let (number, name, phone, born) = customer;
        let key = SubjectKey::create(&subject(number)?)?;
        let cipher = key.cipher("customers")?;
        let sealed = Row::new(&cipher, "customers", number).seal(&[
            ("name", name.as_bytes()),
            ("phone", phone.as_bytes()),
            ("born", born.as_bytes()),
        ])?;
        let [name, telephone, born] = sealed.as_slice() else {
            return Err("a row of three fields has three".into());
        };
        let index = self.phones.of(phone)?;
        self.connection.execute(
            "INSERT INTO customers VALUES (?1, ?2, ?3, ?4, ?5)",
            params![number, name, telephone, index, born],
        )?;
        let wrapped = key.wrap(keyring)?;
        let keep = "INSERT INTO subject_keys VALUES (?1, ?2)";
        self.connection.execute(keep, params![number, wrapped])?;
        Ok(())
    }

    fn wrapped(&self, number: &str) -> Result<Option<Vec<u8>>> {
        let wanted = "SELECT wrapped FROM subject_keys WHERE number = ?1";
        Ok(self
            .connection
            .query_row(wanted, [number], |row| row.get(0))
            .optional()?)
    }

    fn open(&self, number: &str, keyring: &Keyring) -> Result<Customer> {
        let wrapped = self
            .wrapped(number)?
            .ok_or("there is no key for this customer any more")?;
        self.open_with(number, &wrapped, keyring)
    }

    fn open_with(&self, number: &str, wrapped: &[u8], keyring: &Keyring) -> Result<Customer> {
        let key = SubjectKey::unwrap(&subject(number)?, wrapped, keyring)?;
        let cipher = key.cipher("customers")?;
        type Stored = (Vec<u8>, Vec<u8>, Option<Vec<u8>>, Vec<u8>);
        let wanted = "SELECT name, phone, phone_index, born FROM customers WHERE number = ?1";
        let (name, phone, index, born): Stored =
            self.connection.query_row(wanted, [number], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        if let Some(index) = index {
            // The telephone number, and whether the index beside it is its own.
            let place: [&[u8]; 3] = [b"customers", b"phone", number.as_bytes()];
            self.phones.open(&cipher, &place, &phone, &index)?;
        }
        let fields: [(&str, &[u8]); 3] = [("name", &name), ("phone", &phone), ("born", &born)];
        let opened = Row::new(&cipher, "customers", number).open(&fields)?;
        let mut texts = opened
            .iter()
            .map(|text| String::from_utf8(text.expose_bytes().to_vec()));
        let mut next = || texts.next().ok_or("three fields give three texts");
        Ok(Customer {
            name: next()??,
            phone: next()??,
            born: next()??,
        })
    }

    /// Returns all customers with this number. The index finds others, too: they are opened, compared, and left out.
    fn search(&self, phone: &str, keyring: &Keyring) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut false_hits = 0_u32;
        for value in self.phones.search(phone)? {
            let mut statement = self
                .connection
                .prepare("SELECT number FROM customers WHERE phone_index = ?1 ORDER BY number")?;
            let hits = statement.query_map([value], |row| row.get::<_, String>(0))?;
            for number in hits {
                let number = number?;
                let customer = self.open(&number, keyring)?;
                if self.phones.same(&customer.phone, phone)? {
                    found.push(number);
                } else {
                    false_hits = false_hits.saturating_add(1);
                }
            }
        }
        println!("{false_hits} false hits left out");
        Ok(found)
    }

    fn screen(&self, number: &str, keyring: &Keyring) -> Result<String> {
        let customer = self.open(number, keyring)?;
        Ok(format!(
            "{:<16} {:<20} {}",
            mask::name(&customer.name),
            mask::phone(&customer.phone),
            mask::date(&customer.born)
        ))
    }

    fn erase(&self, number: &str, keyring: &Keyring) -> Result<()> {
        let mut wrapped = self.wrapped(number)?.ok_or("no key")?;
        SubjectKey::unwrap(&subject(number)?, &wrapped, keyring)?.destroy(&mut wrapped);
        let delete = "DELETE FROM subject_keys WHERE number = ?1";
        let deleted = self.connection.execute(delete, [number])?;
        expect(deleted == 1, "her key was there")?;
        // The index is keyed for the column, not for her: it goes as well.
        let forget = "UPDATE customers SET phone_index = NULL WHERE number = ?1";
        self.connection.execute(forget, [number])?;
        println!("her key is deleted, her index value is null");
        Ok(())
    }

    /// Wraps every key that is left under the ring's active root key.
    fn rewrap(&self, keyring: &Keyring) -> Result<()> {
        let mut statement = self
            .connection
            .prepare("SELECT number, wrapped FROM subject_keys")?;
        let keys = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let keys: Vec<(String, Vec<u8>)> = keys.collect::<rusqlite::Result<_>>()?;
        for (number, wrapped) in keys {
            let anew = SubjectKey::rewrap(&subject(&number)?, &wrapped, keyring)?;
            let swap = "UPDATE subject_keys SET wrapped = ?3 WHERE number = ?1 AND wrapped = ?2";
            let changed = self
                .connection
                .execute(swap, params![number, wrapped, anew])?;
            expect(changed == 1, "nobody else changed the key")?;
        }
        Ok(())
    }

    fn print_raw(&self) -> Result<()> {
        let mut statement = self
            .connection
            .prepare("SELECT number, hex(phone_index), hex(phone), length(name) FROM customers")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (number, index): (String, String) = (row.get(0)?, row.get(1)?);
            let (phone, name): (String, i64) = (row.get(2)?, row.get(3)?);
            let phone: String = phone.chars().take(40).collect();
            println!("{number}  index {index}  phone {phone}..  name {name} bytes");
        }
        Ok(())
    }
}

fn subject(number: &str) -> Result<Subject> {
    Ok(Subject::new("bank", number)?)
}

fn index(keyring: &Keyring, bits: u16) -> Result<BlindIndex> {
    let column = ["customers", "phone"];
    Ok(BlindIndex::new(
        keyring,
        "bank",
        "customers",
        column,
        Form::Phone,
        bits,
    )?)
}

/// Stops the story if it is not true.
fn expect(so: bool, what: &str) -> Result<()> {
    if so {
        Ok(())
    } else {
        Err(format!("not so: {what}").into())
    }
}
