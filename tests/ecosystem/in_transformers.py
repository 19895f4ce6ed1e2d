"""Score texts as a user of transformers does: ``in_transformers.py FOLDER FILE < texts.json > scores.json``."""

import json
import sys

from transformers import pipeline

folder, _ = sys.argv[1:]
classify = pipeline("text-classification", folder, top_k=None, trust_remote_code=True, device="cpu")
json.dump(classify(json.load(sys.stdin), truncation=True, batch_size=4), sys.stdout)
