"""One OpenAI-compatible server, and many requests to it.

- One request: `settings`, `client`; `completion` finds text and reasoning in the answer, `errors` says
  what a failure means.
- Many: `runner`. `stage` is what it needs to know of 02 and 03, `pace` how many requests are in flight,
  `outage` waits for a server that is gone or loading, `preflight` looks for it before the first request.
- The text of a reply: `replies`. `json_values` finds the JSON in it, `versions` chooses between a draft and
  its correction, `refusals` knows a refusal.
"""
