# Script: writes OUTPUT, a C file that holds FOLDER/page.html as bytes, with style.css and script.js in the
# places of their marks (see embed.cmake).
file(READ ${FOLDER}/page.html page)
foreach(part style.css script.js)
  file(READ ${FOLDER}/${part} text)
  string(REPLACE "@${part}@" "${text}" page "${page}")
endforeach()
set(expanded ${OUTPUT}.tmp)
file(WRITE ${expanded} "${page}")
file(READ ${expanded} bytes HEX)
file(REMOVE ${expanded})
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"pipeline/report_page.h\"\n\nconst char siam_report_page[] = {${bytes}0};\n")
