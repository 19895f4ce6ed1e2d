// Score texts as a user of transformers.js does: node in_node.mjs FOLDER FILE < texts.json > scores.json
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { env, pipeline } from "@huggingface/transformers";

const [folder, file] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
globalThis.fetch = () => { throw new Error("nothing is to be fetched"); };

const dtype = file === "model_quantized.onnx" ? "q8" : "fp32";
const classify = await pipeline("text-classification", basename(folder), { dtype, device: "cpu" });
const scores = [];
// One by one: the texts of a batch change each other's int8 scores.
for (const text of JSON.parse(readFileSync(0, "utf-8"))) scores.push(await classify(text, { top_k: null }));
console.log(JSON.stringify(scores));
