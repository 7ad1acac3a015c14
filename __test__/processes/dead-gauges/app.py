"""Does what app.cjs does, except `first` and `lose`, with the Python client: it has multiprocess_mode, not `dead`."""
import json
import os
import sys

from prometheus_client import CollectorRegistry, Gauge, generate_latest, multiprocess

gauges = []
for mode in ['sum', 'min', 'max', 'mostrecent', 'all']:
    gauges.append(Gauge('keep_' + mode, 'h', ['k'], multiprocess_mode=mode))
for mode in ['livesum', 'livemin', 'livemax', 'livemostrecent', 'liveall']:
    gauges.append(Gauge(mode, 'h', ['k'], multiprocess_mode=mode))

print(os.getpid(), flush=True)
for line in sys.stdin:
    call, argument = (line.split() + [''])[:2]
    answer = 'done'
    if call == 'set':
        for gauge in gauges:
            gauge.labels(k='x').set(float(argument))
    elif call == 'end':
        multiprocess.mark_process_dead(int(argument))
    else:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
        rows = generate_latest(registry).decode().split('\n')
        answer = json.dumps([row for row in rows if row.startswith(('keep_', 'live'))])
    print(answer, flush=True)
