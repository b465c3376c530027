#pragma once

#include "sandbox/org/object.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace koppla::sandbox {

/// The objects of an org, by name. Does not change once the org is open.
class Catalog {
  public:
    Catalog() = default;
    explicit Catalog(std::vector<Object> objects) : objects_{std::move(objects)} {
        for (std::size_t i = 0; i < objects_.size(); ++i) by_name_.emplace(lower_case(objects_[i].name()), i);
    }

    [[nodiscard]] const std::vector<Object>& objects() const { return objects_; }

    /// Case-insensitive; null where there is none.
    [[nodiscard]] const Object* find(std::string_view name) const {
        const auto found = by_name_.find(lower_case(name));
        return found == by_name_.end() ? nullptr : &objects_[found->second];
    }

    /// The object a reference points to: the first of its targets that the org has; null where it has none.
    [[nodiscard]] const Object* target_of(const Field& reference) const {
        // An owner is a Group or a User; people own, so the User goes first.
        const Object* first = nullptr;
        for (const std::string& target : reference.reference_to) {
            const Object* object = find(target);
            if (object != nullptr && (first == nullptr || object->name() == "User")) first = object;
        }
        return first;
    }

  private:
    std::vector<Object> objects_;
    std::unordered_map<std::string, std::size_t> by_name_;  ///< lower case
};

}  // namespace koppla::sandbox
