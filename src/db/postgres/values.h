#pragma once

#include "db/value.h"

#include <span>
#include <string>
#include <vector>

namespace koppla::db::postgres {

/// The values of a statement as libpq wants them: text with an end, types left to the server but for bytes.
class Values final {
  public:
    explicit Values(std::span<const Parameter> parameters) {
        texts_.reserve(parameters.size());
        for (const Parameter& parameter : parameters) add(parameter);
    }
    [[nodiscard]] bool has_nul() const { return has_nul_; }
    [[nodiscard]] int count() const { return static_cast<int>(data_.size()); }
    [[nodiscard]] const unsigned* types() const { return types_.data(); }
    [[nodiscard]] const char* const* data() const { return data_.data(); }
    [[nodiscard]] const int* sizes() const { return sizes_.data(); }
    [[nodiscard]] const int* formats() const { return formats_.data(); }

  private:
    void add(const Parameter& parameter);
    void add(unsigned type, const char* data, std::size_t size, int format);

    std::vector<std::string> texts_;
    std::vector<unsigned> types_;
    std::vector<const char*> data_;
    std::vector<int> sizes_, formats_;
    bool has_nul_ = false;
};

}  // namespace koppla::db::postgres
