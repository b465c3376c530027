#pragma once

#include "db/database.h"
#include "sandbox/value.h"

#include <string>
#include <utility>
#include <vector>

namespace koppla::sandbox::odata {

/// The parameters of a statement that is being put together.
class Binder {
  public:
    /// "$7", which stands for the value.
    std::string bind(Value value) {
        values_.push_back(std::move(value));
        return "$" + std::to_string(values_.size());
    }
    [[nodiscard]] std::vector<db::Parameter> parameters() const {
        std::vector<db::Parameter> parameters;
        parameters.reserve(values_.size());
        for (const auto& value : values_) parameters.push_back(parameter(value));
        return parameters;
    }

  private:
    std::vector<Value> values_;
};

}  // namespace koppla::sandbox::odata
