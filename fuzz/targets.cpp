#include "fuzz/targets.h"

#include <cstdio>
#include <cstdlib>

namespace koppla::fuzz {

void require(bool holds, const char* rule) {
    if (holds) return;
    std::fprintf(stderr, "broken rule: %s\n", rule);
    std::abort();
}

unsigned take_choice(std::string_view& input, unsigned count) {
    if (input.empty()) return 0;
    const auto byte = static_cast<unsigned char>(input.front());
    input.remove_prefix(1);
    return byte % count;
}

}  // namespace koppla::fuzz
