//! Letters that are one to their readers: spellings that a keyboard or an older standard made two of.
//!
//! Each rule joins what looks alike in every font that a reader meets, or what one language's keyboards give for one letter.
//! None joins two letters that some language tells apart. The sources, for each rule:
//!
//! | script | are one | source |
//! |---|---|---|
//! | Arabic | kaf and keheh; heh, heh goal, and ae under a hamza; both teh marbutas; alef maksura and both yehs | The Unicode Standard, 9.2: letters of Arabic and Persian keyboards |
//! | Arabic | a letter with a hamza above, and the letter and the mark | `DoNotEmit.txt`, type `Hamza_Form` |
//! | Malayalam | a chillu, and its consonant with a virama | The Unicode Standard, 12.9: spellings before Unicode 5.1 |
//! | Malayalam | the vowel sign au of both orthographies | 12.9 |
//! | Bengali | khanda ta, and ta with a virama | 12.2: spelling before Unicode 4.1 |
//! | Devanagari | the eyelash ra of rra, and that of ra with a joiner | 12.1, rules R5 and R5a |
//! | Indic | a vowel letter or sign, and the parts it looks made of | chapter 12, tables of vowel letters; `DoNotEmit.txt`, type `Indic_Vowel_Letter` |
//! | Tamil | both spellings of shri; au, and o with the letter lla | 12.6 |
//! | Thai, Lao | ae, and e twice; am, and its parts on either side of a tone | 16.1, 16.2 |
//! | Khmer | the subscripts of da and ta; letters that are deprecated | 16.4 |
//! | Burmese | o, and sa with a medial ra | 16.3 |
//! | Kana | the long mark, and any dash or swung dash behind a kana; a voicing mark that stands alone | 18.4; JIS X 4051 |
//! | Hebrew | the digraphs of Yiddish, and their two letters | 9.1 |
//! | Armenian | ech with yiwn, and ech with vew: the capitals of `և` in both orthographies | CLDR, upper case of Armenian |
//! | Latin | the turned e and schwa, alike in small letters | Unicode's code charts |
//!
//! Joiners do not count in any script, so a spelling that differs by a joiner alone is one here. In Malayalam that joins `അവൻ`
//! and `അവന്`, which a reader could tell apart.
//!
//! Kept apart, since a language needs it: heh doachashmee (Urdu), ae without a hamza (Uyghur, Kurdish), yeh barree
//! (Urdu), yeh with a tail and e (Pashto), swash kaf (Sindhi), hiragana and katakana.

use super::characters::{LONG_MARK, is_dash};

const HAMZA_ABOVE: char = '\u{654}';
const ARABIC_HEH: char = '\u{647}';
const MALAYALAM_VIRAMA: char = '\u{d4d}';

/// Returns the character to normalise, because voicing marks of kana would become blanks.
pub(super) const fn unspaced(letter: char) -> char {
    match letter {
        '\u{309b}' => '\u{3099}',
        '\u{309c}' => '\u{309a}',
        other => other,
    }
}

/// Returns whether people type a letter for an apostrophe, and the other way round.
pub(super) const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\u{2b9}'..='\u{2bf}' | '\u{2ee}' | '\u{a78c}')
}

/// Returns the meaning of a dash, or of another character that is dropped: the long mark, right behind a kana.
pub(super) fn meant_by(other: char, is_behind_letter: bool, plain: &str) -> Option<char> {
    let is_long = (other == '~' || is_dash(other)) && is_behind_letter && ends_in_kana(plain);
    is_long.then_some(LONG_MARK)
}

/// Returns whether a long mark is a dash: Japanese keyboards give it for the hyphen key, also between digits.
pub(super) fn is_hyphen(letter: char, plain: &str) -> bool {
    letter == LONG_MARK && plain.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn ends_in_kana(plain: &str) -> bool {
    plain.ends_with(|last: char| {
        matches!(
            last,
            '\u{3041}'..='\u{3096}'
                | '\u{3099}'..='\u{309a}'
                | '\u{30a1}'..='\u{30fa}'
                | LONG_MARK
                | '\u{31f0}'..='\u{31ff}'
        )
    })
}

/// Adds a letter, joined with what stands before it.
pub(super) fn push_letter(letter: char, plain: &mut String) {
    match letter {
        'ı' => plain.push('i'),
        'ł' => plain.push('l'),
        'đ' | 'ð' => plain.push('d'),
        'ø' => plain.push('o'),
        'ħ' => plain.push('h'),
        'ŧ' => plain.push('t'),
        'æ' => plain.push_str("ae"),
        'œ' => plain.push_str("oe"),
        'þ' => plain.push_str("th"),
        'ǝ' => plain.push('ə'),
        _ if letter < '\u{500}' => plain.push(letter),
        // Armenian.
        '\u{57e}' if plain.ends_with('\u{565}') => plain.push('\u{582}'),
        // Yiddish.
        '\u{5f0}' => plain.push_str("\u{5d5}\u{5d5}"),
        '\u{5f1}' => plain.push_str("\u{5d5}\u{5d9}"),
        '\u{5f2}' => plain.push_str("\u{5d9}\u{5d9}"),
        // Arabic.
        '\u{671}'..='\u{673}' => plain.push(ALEF),
        '\u{649}' | '\u{6cc}' => plain.push('\u{64a}'),
        '\u{6a9}' => plain.push('\u{643}'),
        '\u{6c1}' => plain.push(ARABIC_HEH),
        '\u{6c3}' => plain.push('\u{629}'),
        // Bengali khanda ta.
        '\u{9ce}' => plain.push_str("\u{9a4}\u{9cd}"),
        // Tamil lla, where it is the second half of au.
        '\u{bb3}' if plain.ends_with(['\u{b92}', '\u{bc6}']) => plain.push('\u{bd7}'),
        // Malayalam: the dot that is a ra, and the chillus.
        '\u{d4e}' | '\u{d54}'..='\u{d56}' | '\u{d7a}'..='\u{d7f}' => {
            plain.extend([chillu(letter), MALAYALAM_VIRAMA]);
        }
        // Thai and Lao.
        '\u{e40}' if ends_in(plain, '\u{e40}') => plain.push('\u{e41}'),
        '\u{ec0}' if ends_in(plain, '\u{ec0}') => plain.push('\u{ec1}'),
        // Khmer.
        '\u{178a}' if plain.ends_with('\u{17d2}') => plain.push('\u{178f}'),
        '\u{17a3}' => plain.push('\u{17a2}'),
        '\u{17a4}' => plain.push_str("\u{17a2}\u{17b6}"),
        other => plain.push(other),
    }
}

/// Adds a mark that is kept, joined with what stands before it.
pub(super) fn push_mark(mark: char, plain: &mut String) {
    match mark {
        HAMZA_ABOVE if ends_in(plain, '\u{6d5}') => plain.extend([ARABIC_HEH, mark]),
        HAMZA_ABOVE if ends_in(plain, '\u{62d}') => plain.push('\u{681}'),
        HAMZA_ABOVE if ends_in(plain, '\u{631}') => plain.push('\u{76c}'),
        // The eyelash ra: its dot goes before a virama.
        '\u{94d}' if plain.ends_with("\u{930}\u{93c}") => {
            plain.pop();
            plain.push(mark);
        }
        // Tamil shri.
        '\u{bc0}' if plain.ends_with(SHRI_BY_SA) => {
            plain.truncate(plain.len().saturating_sub(SHRI_BY_SA.len()));
            plain.push_str("\u{bb6}\u{bcd}\u{bb0}");
            plain.push(mark);
        }
        // Behind a chillu, which has one.
        MALAYALAM_VIRAMA if plain.ends_with(MALAYALAM_VIRAMA) => {}
        // Malayalam au of the older orthography.
        '\u{d57}' if ends_in(plain, '\u{d46}') => push_vowel_sign(mark, plain),
        // Tones stand before the ring of am.
        '\u{e48}'..='\u{e4b}' if ends_in(plain, '\u{e4d}') => plain.extend([mark, '\u{e4d}']),
        '\u{ec8}'..='\u{ecb}' if ends_in(plain, '\u{ecd}') => plain.extend([mark, '\u{ecd}']),
        // Burmese.
        '\u{103c}' if ends_in(plain, '\u{101e}') => plain.push('\u{1029}'),
        '\u{93a}'..='\u{ddf}' => push_vowel_sign(mark, plain),
        other => plain.push(other),
    }
}

const ALEF: char = '\u{627}';
/// Tamil: sa, virama, ra. With the vowel sign ii it is shri, which is spelt with sha as well.
const SHRI_BY_SA: &str = "\u{bb8}\u{bcd}\u{bb0}";

/// Takes the last character away, if it is this one.
fn ends_in(plain: &mut String, last: char) -> bool {
    let is_last = plain.ends_with(last);
    if is_last {
        plain.pop();
    }
    is_last
}

/// Returns the consonant of a chillu.
const fn chillu(letter: char) -> char {
    match letter {
        '\u{d54}' => '\u{d2e}',
        '\u{d55}' => '\u{d2f}',
        '\u{d56}' => '\u{d34}',
        '\u{d7a}' => '\u{d23}',
        '\u{d7b}' => '\u{d28}',
        '\u{d7d}' => '\u{d32}',
        '\u{d7e}' => '\u{d33}',
        '\u{d7f}' => '\u{d15}',
        _ => '\u{d30}',
    }
}

fn push_vowel_sign(sign: char, plain: &mut String) {
    let before = plain.chars().next_back();
    let whole = VOWELS
        .iter()
        .find(|(letter, part, _)| *part == sign && Some(*letter) == before);
    match whole {
        Some((_, _, whole)) => {
            plain.pop();
            plain.push(*whole);
        }
        None => plain.push(sign),
    }
}

/// Vowel letters and signs by the parts they look made of: the first part, the second, and both in one.
const VOWELS: [(char, char, char); 76] = [
    // Devanagari.
    ('\u{905}', '\u{946}', '\u{904}'),
    ('\u{905}', '\u{93e}', '\u{906}'),
    ('\u{909}', '\u{941}', '\u{90a}'),
    ('\u{90f}', '\u{945}', '\u{90d}'),
    ('\u{90f}', '\u{946}', '\u{90e}'),
    ('\u{90f}', '\u{947}', '\u{910}'),
    ('\u{905}', '\u{949}', '\u{911}'),
    ('\u{906}', '\u{945}', '\u{911}'),
    ('\u{905}', '\u{94a}', '\u{912}'),
    ('\u{906}', '\u{946}', '\u{912}'),
    ('\u{905}', '\u{94b}', '\u{913}'),
    ('\u{906}', '\u{947}', '\u{913}'),
    ('\u{905}', '\u{94c}', '\u{914}'),
    ('\u{906}', '\u{948}', '\u{914}'),
    ('\u{905}', '\u{945}', '\u{972}'),
    ('\u{905}', '\u{93a}', '\u{973}'),
    ('\u{905}', '\u{93b}', '\u{974}'),
    ('\u{906}', '\u{93a}', '\u{974}'),
    ('\u{905}', '\u{94f}', '\u{975}'),
    ('\u{905}', '\u{956}', '\u{976}'),
    ('\u{905}', '\u{957}', '\u{977}'),
    ('\u{93e}', '\u{945}', '\u{949}'),
    ('\u{93e}', '\u{946}', '\u{94a}'),
    ('\u{93e}', '\u{947}', '\u{94b}'),
    ('\u{93e}', '\u{948}', '\u{94c}'),
    // Bengali.
    ('\u{985}', '\u{9be}', '\u{986}'),
    ('\u{98b}', '\u{9c3}', '\u{9e0}'),
    ('\u{98c}', '\u{9e2}', '\u{9e1}'),
    // Gurmukhi.
    ('\u{a05}', '\u{a3e}', '\u{a06}'),
    ('\u{a72}', '\u{a3f}', '\u{a07}'),
    ('\u{a72}', '\u{a40}', '\u{a08}'),
    ('\u{a73}', '\u{a41}', '\u{a09}'),
    ('\u{a73}', '\u{a42}', '\u{a0a}'),
    ('\u{a72}', '\u{a47}', '\u{a0f}'),
    ('\u{a05}', '\u{a48}', '\u{a10}'),
    ('\u{a73}', '\u{a4b}', '\u{a13}'),
    ('\u{a05}', '\u{a4c}', '\u{a14}'),
    // Gujarati.
    ('\u{a85}', '\u{abe}', '\u{a86}'),
    ('\u{a85}', '\u{ac5}', '\u{a8d}'),
    ('\u{a85}', '\u{ac7}', '\u{a8f}'),
    ('\u{a85}', '\u{ac8}', '\u{a90}'),
    ('\u{a85}', '\u{ac9}', '\u{a91}'),
    ('\u{a86}', '\u{ac5}', '\u{a91}'),
    ('\u{a85}', '\u{acb}', '\u{a93}'),
    ('\u{a86}', '\u{ac7}', '\u{a93}'),
    ('\u{a85}', '\u{acc}', '\u{a94}'),
    ('\u{a86}', '\u{ac8}', '\u{a94}'),
    ('\u{ac5}', '\u{abe}', '\u{ac9}'),
    ('\u{abe}', '\u{ac5}', '\u{ac9}'),
    ('\u{abe}', '\u{ac7}', '\u{acb}'),
    ('\u{abe}', '\u{ac8}', '\u{acc}'),
    // Oriya.
    ('\u{b05}', '\u{b3e}', '\u{b06}'),
    ('\u{b0f}', '\u{b57}', '\u{b10}'),
    ('\u{b13}', '\u{b57}', '\u{b14}'),
    // Telugu.
    ('\u{c12}', '\u{c55}', '\u{c13}'),
    ('\u{c12}', '\u{c4c}', '\u{c14}'),
    ('\u{c3f}', '\u{c55}', '\u{c40}'),
    ('\u{c46}', '\u{c55}', '\u{c47}'),
    ('\u{c4a}', '\u{c55}', '\u{c4b}'),
    // Kannada.
    ('\u{c89}', '\u{cbe}', '\u{c8a}'),
    ('\u{c92}', '\u{ccc}', '\u{c94}'),
    ('\u{c8b}', '\u{cbe}', '\u{ce0}'),
    // Malayalam.
    ('\u{d07}', '\u{d57}', '\u{d08}'),
    ('\u{d09}', '\u{d57}', '\u{d0a}'),
    ('\u{d0e}', '\u{d46}', '\u{d10}'),
    ('\u{d12}', '\u{d3e}', '\u{d13}'),
    ('\u{d12}', '\u{d57}', '\u{d14}'),
    // Sinhala.
    ('\u{d85}', '\u{dcf}', '\u{d86}'),
    ('\u{d85}', '\u{dd0}', '\u{d87}'),
    ('\u{d85}', '\u{dd1}', '\u{d88}'),
    ('\u{d8b}', '\u{ddf}', '\u{d8c}'),
    ('\u{d8d}', '\u{dd8}', '\u{d8e}'),
    ('\u{d8f}', '\u{ddf}', '\u{d90}'),
    ('\u{d91}', '\u{dca}', '\u{d92}'),
    ('\u{d91}', '\u{dd9}', '\u{d93}'),
    ('\u{d94}', '\u{ddf}', '\u{d96}'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::text::canonical;

    #[track_caller]
    fn form(text: &str) -> String {
        let form = canonical(text).unwrap().as_str().to_owned();
        assert_eq!(
            canonical(&form).unwrap().as_str(),
            form,
            "{text}: not final"
        );
        form
    }

    #[track_caller]
    fn same(spellings: &[&str]) {
        for other in spellings {
            assert_eq!(
                form(spellings[0]),
                form(other),
                "{} and {other}",
                spellings[0]
            );
        }
    }

    #[track_caller]
    fn differ(words: &[&str]) {
        for (place, one) in words.iter().enumerate() {
            for other in &words[place + 1..] {
                assert_ne!(form(one), form(other), "{one} and {other}");
            }
        }
    }

    #[test]
    fn b61_arabic_letters_of_two_keyboards_are_one() {
        same(&["كتاب", "کتاب", "\u{fedb}تاب", "\u{fb8e}تاب"]);
        same(&["تهران", "تہران", "ت\u{feeb}ران", "ت\u{fba8}ران"]);
        same(&[
            "خان\u{6c0}",
            "خانه\u{654}",
            "خان\u{6d5}\u{654}",
            "خان\u{6c2}",
            "خان\u{6c1}\u{654}",
            "خان\u{fba4}",
        ]);
        same(&["فاطمة", "فاطم\u{6c3}"]);
        same(&["علي", "على", "علی"]);
        same(&["مسئول", "مسى\u{654}ول", "مسی\u{654}ول", "مسي\u{654}ول"]);
        same(&["\u{681}", "ح\u{654}"]);
        same(&["\u{76c}", "ر\u{654}"]);
        same(&["کیک ۱۲", "كيك ١٢", "كيك 12"]);
    }

    #[test]
    fn b61_letters_that_a_language_tells_apart_stay_two() {
        // Urdu: aspirates, and the two yehs at the end of a word.
        differ(&["بھائی", "بہائی"]);
        differ(&["کی", "کے"]);
        differ(&["خانهٔ", "خانه", "خانهی"]);
        // Uyghur and Kurdish: heh, ae, and four vowels that look like waw.
        differ(&["ھ", "ە", "ه"]);
        differ(&["و", "ۇ", "ۆ", "ۈ", "ۋ", "ؤ"]);
        // Pashto: yehs, and letters with a ring.
        differ(&["ي", "ې", "ۍ", "ے", "ئ"]);
        differ(&["ن", "ڼ"]);
        differ(&["ح", "ځ", "څ"]);
        // Sindhi: kaf and swash kaf; Persian: gaf.
        differ(&["ک", "ڪ", "گ", "ګ"]);
        differ(&["ة", "ه"]);
        differ(&["مؤمن", "مومن"]);
    }

    #[test]
    fn b61_malayalam_chillus_are_their_conjuncts() {
        for (chillu, consonant) in [
            ('ൺ', 'ണ'),
            ('ൻ', 'ന'),
            ('ർ', 'ര'),
            ('ൽ', 'ല'),
            ('ൾ', 'ള'),
            ('ൿ', 'ക'),
            ('\u{d54}', 'മ'),
            ('\u{d55}', 'യ'),
            ('\u{d56}', 'ഴ'),
        ] {
            same(&[
                &format!("അവ{chillu}"),
                &format!("അവ{consonant}\u{d4d}\u{200d}"),
                &format!("അവ{consonant}\u{d4d}"),
            ]);
            differ(&[&format!("അവ{chillu}"), &format!("അവ{consonant}")]);
        }
        same(&["എന്റെ", "എൻ്റെ", "എൻറെ", "എന്\u{200d}റെ"]);
        same(&["കണ്ണൂർ", "കണ്ണൂര്\u{200d}"]);
        same(&["ആൻഡ്", "ആന്\u{200d}ഡ്"]);
        same(&["ക\u{d4c}", "ക\u{d57}", "ക\u{d46}\u{d57}"]);
        differ(&["ആൻ", "ആൺ", "ആന"]);
        differ(&["കെ", "ക", "കൗ"]);
    }

    #[test]
    fn b61_indic_letters_are_their_parts() {
        same(&["উৎস", "উত্স", "উত্\u{200d}স"]);
        differ(&["উৎস", "উতস"]);
        same(&[
            "द\u{931}\u{94d}या",
            "दर\u{94d}\u{200d}या",
            "द\u{930}\u{93c}\u{94d}या",
        ]);
        differ(&["\u{931}", "र"]);
        same(&["आम", "अ\u{93e}म"]);
        same(&["ओर", "अ\u{94b}र", "अ\u{93e}\u{947}र", "आ\u{947}र"]);
        same(&["ऑफिस", "अ\u{949}फिस", "आ\u{945}फिस"]);
        same(&["को", "क\u{93e}\u{947}"]);
        same(&["আমি", "অ\u{9be}মি"]);
        same(&["ਆਮ", "ਅ\u{a3e}ਮ"]);
        same(&["આમ", "અ\u{abe}મ"]);
        same(&["ಔ", "ಒ\u{ccc}"]);
        same(&["ഈ", "ഇ\u{d57}"]);
        same(&["ආ", "අ\u{dcf}"]);
        same(&["ஸ்ரீராம்", "ஶ்ரீராம்"]);
        same(&["ஔவை", "ஒளவை", "ஒ\u{bd7}வை"]);
        same(&["கௌரி", "கெளரி"]);
        differ(&["कुल", "कल"]);
        differ(&["की", "कि", "का"]);
        differ(&["ஸ்ரீ", "ஸ்ர"]);
        differ(&["ஒளி", "ஒலி"]);
        differ(&["கொள்", "கொல்"]);
    }

    #[test]
    fn b61_thai_lao_khmer_and_burmese_look_as_they_are_typed() {
        same(&["แม่", "เเม่"]);
        same(&["ແມ່", "ເເມ່"]);
        same(&["น้ำ", "น\u{e49}\u{e4d}า", "น\u{e4d}\u{e49}า"]);
        same(&["ນ້ຳ", "ນ\u{ec9}\u{ecd}າ", "ນ\u{ecd}\u{ec9}າ"]);
        same(&["ស\u{17d2}\u{178f}ី", "ស\u{17d2}\u{178a}ី"]);
        same(&["\u{17a4}", "អា"]);
        same(&["သြဇာ", "ဩဇာ"]);
        differ(&["กิน", "กน"]);
        differ(&["แม่", "เม่"]);
        differ(&["ដា", "តា"]);
        differ(&["น้ำ", "นำ", "นา"]);
    }

    #[test]
    fn b61_a_dash_behind_kana_is_the_long_mark() {
        same(&[
            "コーヒー",
            "コ-ヒ-",
            "コ\u{2010}ヒ\u{2011}",
            "コ\u{2212}ヒ\u{2014}",
            "コ\u{ff0d}ヒ\u{2015}",
            "コ\u{2500}ヒ\u{30fc}",
            "ｺｰﾋｰ",
            "ｺ\u{ff0d}ﾋ\u{ff70}",
            "コ〜ヒ～",
        ]);
        same(&["らーめん", "ら-めん", "ら\u{ff5e}めん"]);
        same(&["ガード", "ｶﾞ-ﾄﾞ", "カ\u{3099}\u{2212}ト\u{3099}"]);
        same(&["が", "か゛", "か\u{3099}", "か\u{ff9e}"]);
        same(&["パン", "ハ゜ン", "ﾊﾟﾝ"]);
        // A dash behind anything else is one, and so is a long mark between digits.
        same(&["東京-タワー", "東京タワー"]);
        same(&["12-34", "12ー34", "１２ｰ３４", "1234"]);
        same(&["タワー 12", "タワ- 12"]);
        differ(&["ビル", "ビール"]);
        differ(&["ビル", "ビ-ル"]);
        differ(&["が", "か"]);
        differ(&["ハハ", "パパ", "ババ"]);
        differ(&["ラジオ テレビ", "ラジオーテレビ"]);
        same(&["ラジオ - テレビ", "ラジオテレビ"]);
    }

    #[test]
    fn b61_digraphs_are_their_letters() {
        same(&["\u{5f0}אַסער", "וואַסער", "וואסער"]);
        same(&["\u{5f2}", "יי", "\u{fb1f}"]);
        same(&["\u{5f1}", "וי"]);
        same(&["Երևան", "ԵՐԵՎԱՆ", "ԵՐԵՒԱՆ", "երեւան"]);
        same(&["Ə", "ə", "Ǝ"]);
        same(&[
            "O’Brien",
            "O\u{2ee}Brien",
            "O\u{a78b}Brien",
            "o\u{a78c}brien",
        ]);
        differ(&["վան", "ւան"]);
    }

    #[test]
    fn b61_each_pair_of_parts_has_one_form() {
        for (first, second, whole) in VOWELS {
            for base in ["", "\u{915}"] {
                let parts = format!("{base}{first}{second}");
                let whole = format!("{base}{whole}");
                if canonical(&whole).is_ok() {
                    assert_eq!(form(&parts), form(&whole), "{first:?} {second:?}");
                }
            }
        }
        let distinct: std::collections::BTreeSet<_> = VOWELS
            .iter()
            .map(|(first, second, _)| (first, second))
            .collect();
        assert_eq!(distinct.len(), VOWELS.len());
    }
}
