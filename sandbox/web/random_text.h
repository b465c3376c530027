#pragma once

#include <cstddef>
#include <string>

namespace koppla::sandbox {

/// Text from the machine's own randomness, letters and digits only.
std::string random_text(std::size_t length);

}  // namespace koppla::sandbox
