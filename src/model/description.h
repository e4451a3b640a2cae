/// Encoders as text that people read and write; docs/encoders.md is the reference. One layer a line:
///
///   # anything after a '#' is a remark
///   input 28 28 1            height, width, channels of a picture
///   conv 64 3 pad=1          type, then bare numbers in the type's order, then name=value
///   relu
///   linear 10 name=head weight=other.weight^T
///
/// `name=` names a layer, and `from=` takes the output of that layer (or of `input`) instead of that of the
/// line before, `add NAME` adds it to that; `ROLE=layer.role` lets a slot refer to another slot's parameter,
/// `^T` transposed.
#ifndef SIAM_MODEL_DESCRIPTION_H
#define SIAM_MODEL_DESCRIPTION_H

#include "base/text.h"
#include "model/network.h"

/// What a caller may change in a description; 0 keeps what it says.
typedef struct siam_description_changes {
  int size;      ///< Height and width of the input.
  int channels;  ///< Of the input.
  int embedding; ///< Features of the last linear layer.
} siam_description_changes;

/// Builds the network of a description. Errors name `origin` (a file or a table's name) and the line.
/// `changes` may be NULL. The caller owns the network.
siam_status siam_description_parse(const char *origin, const char *text,
                                   const siam_description_changes *changes, siam_network **network);

/// Adds the text of a network: parsing it gives the same network. Standard values are left out.
void siam_description_write(const siam_network *network, siam_text *text);

/// A built-in encoder.
typedef struct siam_encoder {
  const char *name, *summary, *text;
} siam_encoder;

/// Ends with a row without a name.
extern const siam_encoder siam_encoders[];

/// Builds a built-in encoder by name, or one from a description file where no encoder has that name. Neither:
/// SIAM_ERROR_ARGUMENT with the names there are.
siam_status siam_encoder_build(const char *name_or_path, const siam_description_changes *changes,
                               siam_network **network);

#endif
