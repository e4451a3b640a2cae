/// Time that never jumps.
#ifndef SIAM_BASE_CLOCK_H
#define SIAM_BASE_CLOCK_H

/// Seconds since some moment before the program; only differences mean anything.
double siam_seconds(void);

/// Processor seconds used so far by all threads of this process and by its children that have ended.
double siam_cpu_seconds(void);

#endif
