/// A folder of its own for each test, removed by siam_scratch_remove().
#ifndef SIAM_TEST_SCRATCH_H
#define SIAM_TEST_SCRATCH_H

/// Makes a new empty folder and returns its path; the caller frees it with siam_scratch_remove().
char *siam_scratch_create(void);

/// Removes the folder with all it holds.
void siam_scratch_remove(char *folder);

/// "folder/name" in one of eight rotating static buffers, for use within one expression.
const char *siam_scratch_path(const char *folder, const char *name);

#endif
