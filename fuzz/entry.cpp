#include "fuzz/targets.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    koppla::fuzz::KOPPLA_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
