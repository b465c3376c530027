#include "sandbox/entra/failure.h"

#include <fmt/format.h>

namespace koppla::sandbox::entra {

std::string Refusal::text() const {
    std::string text{failure.text};
    if (const auto gap = text.find("{}"); gap != std::string::npos) text.replace(gap, 2, detail);
    return fmt::format("AADSTS{}: {}", failure.code, text);
}

}  // namespace koppla::sandbox::entra
