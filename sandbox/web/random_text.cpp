#include "sandbox/web/random_text.h"

#include <random>
#include <string_view>

namespace koppla::sandbox {

std::string random_text(std::size_t length) {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::random_device device;
    std::uniform_int_distribution<std::size_t> any{0, alphabet.size() - 1};
    std::string text;
    text.reserve(length);
    for (std::size_t i = 0; i < length; ++i) text += alphabet[any(device)];
    return text;
}

}  // namespace koppla::sandbox
