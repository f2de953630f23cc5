# find_package(liter_llm) gives liter_llm::liter_llm, the shared library, and liter_llm::static.
get_filename_component(liter_llm_prefix "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

if(NOT TARGET liter_llm::liter_llm)
  add_library(liter_llm::liter_llm SHARED IMPORTED)
  set_target_properties(liter_llm::liter_llm PROPERTIES
    IMPORTED_LOCATION "${liter_llm_prefix}/lib/libliter_llm.so"
    IMPORTED_SONAME "libliter_llm.so.0"
    INTERFACE_INCLUDE_DIRECTORIES "${liter_llm_prefix}/include")

  add_library(liter_llm::static STATIC IMPORTED)
  set_target_properties(liter_llm::static PROPERTIES
    IMPORTED_LOCATION "${liter_llm_prefix}/lib/libliter_llm.a"
    INTERFACE_INCLUDE_DIRECTORIES "${liter_llm_prefix}/include"
    INTERFACE_LINK_LIBRARIES "pthread;dl;m")
endif()
