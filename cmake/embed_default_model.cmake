# Script: writes OUTPUT, a C file that holds the bytes of MODEL (see embed.cmake). One string per 64 bytes, which
# compilers read many times faster than a list of numbers.
file(READ ${MODEL} bytes HEX)
file(SIZE ${MODEL} count)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "\\\\x\\1" bytes "${bytes}")
string(REPEAT "." 256 line)
string(REGEX REPLACE "(${line})" "\"\\1\"\n" bytes "${bytes}")
string(REGEX REPLACE "(\n|^)([^\"\n]+)$" "\\1\"\\2\"" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"model/default_model.h\"\n\n"
     "_Alignas(64) const unsigned char siam_default_model[] =\n${bytes};\n"
     "const size_t siam_default_model_size = ${count};\n")
