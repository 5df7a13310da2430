# Halves the build of llama-cpp-python: the bindings need libllama, not llama.cpp's chat and
# argument library, which their own CMakeLists.txt switches on. Read by
#   CMAKE_ARGS="-DLLAVA_BUILD=OFF -DCMAKE_PROJECT_llama.cpp_INCLUDE=<path>/tools/llama_cpp.cmake" pip install ...
set(LLAMA_BUILD_COMMON OFF)
