<?php
// Makes and verifies hashes with PHP's password functions: reads and writes as tests/python/argon2_cffi.py does.
while (($line = fgets(STDIN)) !== false) {
    $asked = json_decode($line, true, 8, JSON_THROW_ON_ERROR);
    if (isset($asked['hash'])) {
        [$kib, $passes, $lanes] = $asked['cost'];
        $options = ['memory_cost' => $kib, 'time_cost' => $passes, 'threads' => $lanes];
        $answer = password_hash(hex2bin($asked['hash']), PASSWORD_ARGON2ID, $options);
    } else {
        $answer = password_verify(hex2bin($asked['password']), $asked['verify']);
    }
    echo json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR), "\n";
}
