<?php
// Hashes passwords as PHP's programs do: reads `{"kind", "password"}` in lines, the password in hexadecimal digits.
// phpass is written out here, as its documentation describes it: PHP has none.
const ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

function phpass(string $text, string $id, int $log_rounds): string
{
    $salt = substr(bin2hex(random_bytes(4)), 0, 8);
    $state = md5($salt . $text, true);
    for ($round = 0; $round < 1 << $log_rounds; $round++) {
        $state = md5($state . $text, true);
    }
    $tag = '';
    foreach (str_split($state, 3) as $bytes) {
        $value = 0;
        foreach (str_split($bytes) as $place => $byte) {
            $value |= ord($byte) << 8 * $place;
        }
        for ($letter = 0; $letter <= strlen($bytes); $letter++) {
            $tag .= ALPHABET[$value >> 6 * $letter & 63];
        }
    }
    return $id . ALPHABET[$log_rounds] . $salt . $tag;
}

while (($line = fgets(STDIN)) !== false) {
    $asked = json_decode($line, true, 8, JSON_THROW_ON_ERROR);
    $text = hex2bin($asked['password']);
    $bcrypt = fn(string $text) => password_hash($text, PASSWORD_BCRYPT, ['cost' => 4]);
    $answer = match ($asked['kind']) {
        'bcrypt' => $bcrypt($text),
        'django_bcrypt' => 'bcrypt_sha256$' . $bcrypt(hash('sha256', $text)),
        'wordpress' => '$wp' . $bcrypt(base64_encode(hash_hmac('sha384', trim($text), 'wp-sha384', true))),
        'argon2i' => password_hash($text, PASSWORD_ARGON2I, ['memory_cost' => 64, 'time_cost' => 2, 'threads' => 1]),
        'phpass' => phpass($text, '$P$', 8),
        'phpbb' => phpass($text, '$H$', 7),
    };
    echo json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR), "\n";
}
