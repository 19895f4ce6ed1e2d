"""Score texts as a user of Optimum does: ``in_optimum.py FOLDER FILE < texts.json > scores.json``."""

import json
import sys

from optimum.onnxruntime import ORTModelForSequenceClassification
from transformers import AutoTokenizer, pipeline

folder, file = sys.argv[1:]
model = ORTModelForSequenceClassification.from_pretrained(folder, subfolder="onnx", file_name=file)
classify = pipeline("text-classification", model, tokenizer=AutoTokenizer.from_pretrained(folder), top_k=None)
json.dump(classify(json.load(sys.stdin), truncation=True), sys.stdout)
