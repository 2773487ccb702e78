// Nanoseconds to seal and open 64 bytes with ciphersweet-js: node bench.mjs fips|boring
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const { CipherSweet, EncryptedField, FIPSCrypto, BoringCrypto, StringProvider } = require("ciphersweet-js");
const backend = process.argv[2] === "fips" ? new FIPSCrypto() : new BoringCrypto();
const engine = new CipherSweet(new StringProvider("7".repeat(64)), backend);
const field = new EncryptedField(engine, "customers", "phone");
const text = "Z".repeat(64);
const run = async (count) => {
  for (let i = 0; i < count; i++) {
    const sealed = await field.encryptValue(text, "42");
    if (String(await field.decryptValue(sealed, "42")) !== text) throw new Error("it did not come back");
  }
};
await run(500);
const count = 3000;
const begun = process.hrtime.bigint();
await run(count);
console.log(Number(process.hrtime.bigint() - begun) / count);
