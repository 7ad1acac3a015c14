"""Does what app.cjs does, with the Python client. It has no gauge with the aggregator `first` and no command `lose`.
The Python client's gauges have the option `multiprocess_mode` in place of `dead`."""
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
