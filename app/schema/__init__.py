"""What the world sees: types, inputs, enums and problems. A type is a view of a model."""
