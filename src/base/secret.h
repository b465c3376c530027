#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

namespace koppla {

/// Text that must not be seen: prints as ***, has no stream operator, is wiped when destroyed.
/// `reveal()` is the only way to the text, so that every use can be found.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_{std::move(text)} {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept { std::swap(text_, other.text_); }
    Secret& operator=(const Secret& other) = default;
    Secret& operator=(Secret&& other) noexcept {
        std::swap(text_, other.text_);
        return *this;
    }
    ~Secret() { wipe(); }

    [[nodiscard]] const std::string& reveal() const { return text_; }
    [[nodiscard]] bool is_empty() const { return text_.empty(); }
    bool operator==(const Secret&) const = default;

  private:
    void wipe() {
        for (volatile char& c : text_) c = 0;
        text_.clear();
    }
    std::string text_;
};

}  // namespace koppla

template <>
struct fmt::formatter<koppla::Secret> : fmt::formatter<std::string_view> {
    auto format(const koppla::Secret&, fmt::format_context& context) const {
        return fmt::formatter<std::string_view>::format("***", context);
    }
};
