#pragma once

#include "base/error.h"

#include <utility>

#include <tl/expected.hpp>

namespace koppla {

/// A value or an Error. tl::expected underneath, because std::expected is C++23; ours is [[nodiscard]].
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using tl::expected<T, Error>::expected;
    Result(Error error) : tl::expected<T, Error>{tl::unexpected<Error>{std::move(error)}} {}
};

inline Error error(ErrorKind kind, std::string message, std::string symbol = {}) {
    return Error{.kind = kind, .message = std::move(message), .symbol = std::move(symbol), .retry_after = {}};
}

}  // namespace koppla

/// `auto value = TRY(expression);` or `TRY(expression);`: the value, or return the error from this function.
#define TRY(...)                                                 \
    __extension__({                                              \
        auto try_result_ = (__VA_ARGS__);                        \
        if (!try_result_) return std::move(try_result_).error(); \
        ::koppla::detail::unwrap(std::move(try_result_));        \
    })

namespace koppla::detail {
template <class T>
T unwrap(Result<T>&& result) {
    return std::move(*result);
}
inline void unwrap(Result<void>&&) {}
}  // namespace koppla::detail
