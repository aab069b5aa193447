# Fails unless the text of `program`, without its first comment line, stands in `readme`.
file(READ ${program} code)
string(FIND "${code}" "#include" start)
string(SUBSTRING "${code}" ${start} -1 code)
file(READ ${readme} text)
string(FIND "${text}" "${code}" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${readme} does not show ${program} as it is:\n${code}")
endif()
