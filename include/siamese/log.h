/// Messages. The library never prints: it hands each message to the caller's function.
#ifndef SIAMESE_LOG_H
#define SIAMESE_LOG_H

typedef enum siam_log_level { SIAM_LOG_WARNING, SIAM_LOG_INFO, SIAM_LOG_DEBUG } siam_log_level;

/// Receives one message (a sentence without a line end). Zero value: messages are dropped.
/// `write` may be called from several threads at once.
typedef struct siam_logger {
  void (*write)(void *context, siam_log_level level, const char *message);
  void *context;
} siam_logger;

#endif
