//! The handbook in Indonesian.

use super::phrases::{Ask, Phrases};
use crate::factor::{Factor, FactorClass};
use crate::grant::Obligation;

pub(super) const PHRASES: Phrases = Phrases {
    title: "Memeriksa penelepon",
    lead: "Halaman ini ditulis dari aturan yang dijalankan sistem. Sistem tidak menerima cara lain.",
    rules: "Selalu",
    each_rule: &[
        "Mintalah apa yang diminta sistem, menurut urutannya, dan tidak lebih.",
        "Jangan menyebut apa pun tentang akun sebelum sistem mengizinkan. Jangan menyebut apakah akun itu ada.",
        "Jangan pernah menyebut jawaban atau kode mana yang salah.",
        "Tidak ada yang boleh melewatkan satu langkah pun: tidak atasan, tidak rekan, tidak keadaan darurat.",
        "Persetujuan yang diceritakan penelepon tidak berlaku. Sistem menampilkannya, atau persetujuan itu tidak ada.",
        "Anda tidak pernah menyetujui kasus yang Anda tangani sendiri.",
        "Jangan pernah menelepon balik nomor yang diberikan penelepon. Pakailah nomor yang ditampilkan sistem.",
    ],
    stop: "Berhentilah jika",
    each_stop: &[
        "penelepon ingin melewatkan satu langkah, atau ingin cara lain daripada yang tertulis di bawah",
        "penelepon mendesak, menyebut nama atasan, atau mengancam",
        "penelepon ingin nomor atau alamat baru dulu, lalu hal lain segera sesudahnya",
        "ada orang yang mendikte penelepon",
        "penelepon membacakan kode yang tidak boleh Anda dengar",
    ],
    then_say: "Katakan: “{say}”",
    say_on_stop: "Mohon maaf, hal ini tidak dapat saya lakukan dalam panggilan ini. Silakan coba lagi nanti, atau datang kepada kami.",
    asking: "Apa yang diminta, dan apa yang dikatakan",
    asking_head: "| | minta | katakan |",
    asks,
    verified_by: "pemeriksaan oleh `{name}`",
    approval: Ask::new(
        "persetujuan petugas lain",
        "Mohon tunggu sebentar. Saya bertanya kepada rekan saya.",
    ),
    signals: "Kapan risikonya lebih tinggi",
    signal: "`{tier}`, jika {test}: untuk {actions}",
    every_action: "setiap permintaan",
    at_least: "`{name}` bernilai {value} atau lebih",
    at_most: "`{name}` bernilai {value} atau kurang",
    raised: "ada tanda `{name}`",
    or_worse: "`{name}` bernilai {value} atau lebih buruk",
    within: "`{name}` terjadi {value} yang lalu atau kurang",
    unknown_signal: "Apa yang tidak diketahui dihitung sebagai yang terburuk.",
    actions: "Apa yang mungkin diminta penelepon",
    at_tier: "Jika risikonya `{tier}`:",
    at_every_tier: "Pada setiap risiko:",
    never: "Jangan pernah lakukan ini, siapa pun yang meminta.",
    way: "Cara {number}. Mintalah, menurut urutan ini:",
    one_of: "salah satu dari ini: {list}",
    oldest: "paling lama {span} yang lalu",
    classes: "bukti dari {number} jenis: sesuatu yang diketahui, dimiliki, atau melekat pada penelepon",
    full_only: "bukan kode melalui telepon",
    level: "bukti tingkat {level}, di aplikasi nasabah sendiri atau di halaman kami",
    class,
    one_approval: "persetujuan satu petugas lain",
    approvals: "persetujuan {number} petugas lain",
    for_transaction: "hanya untuk pesanan ini",
    independent: "melalui saluran lain",
    any_interaction: "kontak sebelumnya juga berlaku",
    protected: "di aplikasi nasabah sendiri atau di halaman kami",
    unchanged: "tidak ditambahkan atau diubah selama lebih dari {span}",
    waits: "Sesudah itu perubahan menunggu: {span}. Tidak ada yang dapat mempersingkatnya.",
    say_on_wait: "Kami memberi tahu Anda di semua alamat yang ada pada kami. Jika Anda tidak memintanya, Anda dapat menghentikannya dengan bukti apa pun yang masih Anda miliki.",
    barred: "Jika nasabah menghentikan perubahan itu, permintaan yang sama tidak diterima lagi selama {span}.",
    otherwise: "Jika semua itu tidak mungkin, berhentilah.",
    if_allowed: "Sesudahnya: {list}.",
    if_denied: "Jika Anda berhenti: {list}.",
    obliged: |obligation| match obligation {
        Obligation::Notify => "nasabah diberi tahu melalui saluran lain",
        Obligation::Review => "seorang petugas memeriksa kasusnya",
        Obligation::Suspend => "akun dibekukan",
        Obligation::Record => "kasusnya dicatat",
    },
    risk_accepted: "Cara ini sengaja lemah: {why}.",
    or: "atau",
    units: [
        ("hari", "hari"),
        ("jam", "jam"),
        ("menit", "menit"),
        ("detik", "detik"),
    ],
};

fn asks(factor: Factor) -> Ask {
    let (name, say) = match factor {
        Factor::Totp => (
            "kode aplikasi autentikator",
            "Silakan bacakan kode yang sekarang ditampilkan aplikasi Anda.",
        ),
        Factor::Hotp => (
            "kode token dengan tombol",
            "Silakan tekan tombol token Anda, lalu bacakan kodenya.",
        ),
        Factor::Ocra => (
            "jawaban token dengan papan angka",
            "Silakan masukkan angka yang saya bacakan, lalu bacakan jawabannya.",
        ),
        Factor::PrivateCode => (
            "kode yang dikirim dan tidak Anda dengar",
            "Silakan masukkan kode itu melalui tombol telepon atau di halaman kami. Jangan memberitahukannya kepada siapa pun, juga tidak kepada saya.",
        ),
        Factor::SpokenCode => (
            "kode yang dikirim dan dibacakan",
            "Saya mengirim kode kepada Anda. Silakan baca dulu untuk apa kode itu menurut pesannya, lalu bacakan kodenya.",
        ),
        Factor::BindingCode => (
            "kode yang menghubungkan perangkat baru",
            "Silakan masukkan kode itu di perangkat baru. Jangan memberitahukannya kepada siapa pun, juga tidak kepada saya.",
        ),
        Factor::IssuedRecoveryCode => (
            "kode pemulihan yang dikirim",
            "Silakan masukkan kode pemulihan dari surat atau pesan kami di halaman kami.",
        ),
        Factor::RecoveryCode => (
            "kode pemulihan dari daftar yang disimpan",
            "Silakan bacakan satu kode dari daftar Anda. Kode itu berlaku satu kali.",
        ),
        Factor::Questions => (
            "jawaban atas pertanyaan",
            "Saya punya beberapa pertanyaan. Silakan jawab seperti ketika Anda mendaftarkannya.",
        ),
        Factor::Word => (
            "huruf dari kata rahasia",
            "Silakan sebutkan huruf yang saya minta. Jangan pernah menyebut seluruh kata.",
        ),
        Factor::Password => (
            "kata sandi",
            "Silakan masukkan kata sandi Anda di halaman kami. Jangan pernah memberitahukannya kepada saya.",
        ),
        Factor::Pin => (
            "PIN",
            "Silakan masukkan PIN Anda melalui tombol telepon. Jangan pernah memberitahukannya kepada saya.",
        ),
        Factor::External => (
            "pemeriksaan oleh sistem lain",
            "Mohon tunggu sebentar. Saya sedang meminta pemeriksaan.",
        ),
    };
    Ask::new(name, say)
}

const fn class(class: FactorClass) -> &'static str {
    match class {
        FactorClass::Knowledge => "sesuatu yang diketahui penelepon",
        FactorClass::Possession => "sesuatu yang dimiliki penelepon",
        FactorClass::Inherence => "sesuatu yang melekat pada penelepon",
    }
}
