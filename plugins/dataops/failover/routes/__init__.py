"""How clients find the primary, and how they are led to another one."""
